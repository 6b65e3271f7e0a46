import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { account, asProblem } from '../../client/index.ts'
import { Button, Dialog, ProblemBanner, Skeleton, TotpSetup } from '../../parts/index.ts'

/** An authenticator app: it counts once a code from it has come back. */
export function AddApp({
  onClose,
  onAdded,
}: {
  onClose: () => void
  /** With the recovery codes that a first factor brings. */
  onAdded: (recoveryCodes: string[] | null) => void
}) {
  const [code, setCode] = useState('')
  const started = useQuery({
    queryKey: ['me', 'totp'],
    queryFn: account.startTotp,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  })
  const confirm = useMutation({
    mutationFn: () =>
      account.confirmTotp({ enrolment: started.data?.enrolment ?? '', code: code.trim() }),
    onSuccess: ({ recoveryCodes }) => onAdded(recoveryCodes),
  })
  const error = started.error ?? confirm.error
  const problem = error ? asProblem(error) : null
  const isCodeWrong = problem?.errors?.some(({ pointer }) => pointer === '/code')
  return (
    <Dialog
      open
      onClose={onClose}
      title="Set up an authenticator app"
      about="Scan the picture with the app, then type the code that it shows."
      footer={
        <>
          <Button look="ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button
            look="primary"
            type="submit"
            form="add-app"
            disabled={code.trim().length < 6}
            busy={confirm.isPending}
          >
            Turn on
          </Button>
        </>
      }
    >
      <form
        id="add-app"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          confirm.mutate()
        }}
      >
        {problem && !isCodeWrong ? <ProblemBanner problem={problem} /> : null}
        {started.data ? (
          <TotpSetup
            secret={started.data.secret}
            qr={started.data.qr}
            code={code}
            error={isCodeWrong ? problem?.detail : undefined}
            onCode={setCode}
          />
        ) : started.error ? null : (
          <Skeleton className="mx-auto size-44 rounded-xl" />
        )}
      </form>
    </Dialog>
  )
}
