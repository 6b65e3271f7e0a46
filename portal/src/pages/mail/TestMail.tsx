import { MailCheck } from 'lucide-react'
import type { MailTest } from '../../../../contract/src/index.ts'
import { useMe } from '../../client/index.ts'
import { Banner, Button, Card } from '../../parts/index.ts'

/** A mail to whoever looks at this, by what is typed, saved or not. */
export function TestMail({
  busy,
  blockedBecause,
  result,
  onSend,
}: {
  busy: boolean
  blockedBecause: string | null
  result: MailTest | null
  onSend: () => void
}) {
  const { user } = useMe()
  return (
    <Card className="p-5 sm:px-6">
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <div className="font-medium">Try it before you save</div>
          <p className="text-sm text-ink-3 wrap-anywhere">
            To {user.email}, by the settings as they stand above.
          </p>
        </div>
        <Button busy={busy} blockedBecause={blockedBecause} onClick={onSend}>
          <MailCheck aria-hidden="true" />
          Send test mail
        </Button>
      </div>
      <div role="status" className="mt-4 empty:mt-0">
        {result === null || busy ? null : result.refusal === null ? (
          <Banner tone="good" title="The mail server took it">
            It is on its way to {result.to}. If it does not arrive, look into the junk folder and
            check SPF and DKIM of the sender’s domain.
          </Banner>
        ) : (
          <Banner tone="bad" title="The mail server did not take it">
            It said: <span className="font-mono text-sm wrap-anywhere">{result.refusal}</span>
          </Banner>
        )}
      </div>
    </Card>
  )
}
