import { useMutation } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { KeyRound } from 'lucide-react'
import { asProblem, doors } from '../../client/index.ts'
import { Button, Doorstep, ProblemBanner } from '../../parts/index.ts'

/** The link that the operator made on the machine itself (OP-5). */
export function RecoverPage() {
  const { token = '' } = useParams({ strict: false })
  const open = useMutation({
    mutationFn: () => doors.recover(token),
    onSuccess: ({ returnTo }) => location.assign(returnTo),
  })
  return (
    <Doorstep
      title="Get back in"
      heading="Get back in"
      about="This link opens a session of a manager for one hour, once. Every manager is told, and everything done in it is recorded."
    >
      <div className="flex flex-col gap-4">
        {open.error ? <ProblemBanner problem={asProblem(open.error)} /> : null}
        <Button
          look="primary"
          size="large"
          className="w-full"
          busy={open.isPending || open.isSuccess}
          onClick={() => open.mutate()}
        >
          <KeyRound aria-hidden="true" />
          Open a manager’s session
        </Button>
        <p className="text-sm text-ink-2">
          Make an emergency account first: it gets you in again when this session has ended.
        </p>
      </div>
    </Doorstep>
  )
}
