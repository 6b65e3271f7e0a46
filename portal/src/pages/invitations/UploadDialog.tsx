import { useMutation } from '@tanstack/react-query'
import { Download, FileUp } from 'lucide-react'
import { type ChangeEvent, useRef, useState } from 'react'
import { asProblem, useOrganisation } from '../../client/index.ts'
import { Button, Dialog, ProblemBanner } from '../../parts/index.ts'
import { Outcome } from './InviteDialog.tsx'
import { PromiseFields, usePromise } from './PromiseFields.tsx'
import { Results } from './Results.tsx'

const largest = 1_000_000
const example =
  'email,first,last,roles,groups\nnoa@example.com,Noa,Levi,user,\nlea@example.com,Lea,Kim,viewer,"Engineers; Support"\n'

/** A file of people, first as a dry run (IN-12). */
export function UploadDialog({ onDone, onClose }: { onDone: () => void; onClose: () => void }) {
  const { api } = useOrganisation()
  const picker = useRef<HTMLInputElement>(null)
  const [file, setFile] = useState<{ name: string; csv: string }>()
  const [fault, setFault] = useState<string>()
  const promise = usePromise()
  const send = (csv: string, dryRun: boolean) =>
    api.inviteByFile({ csv, dryRun, ...promise.given, expiresInDays: promise.days })
  const look = useMutation({ mutationFn: (csv: string) => send(csv, true) })
  const invite = useMutation({ mutationFn: (csv: string) => send(csv, false), onSuccess: onDone })
  if (invite.data) return <Outcome invited={invite.data} onClose={onClose} />

  const choose = async (event: ChangeEvent<HTMLInputElement>) => {
    const [chosen] = event.target.files ?? []
    // The same file can be chosen again once it is mended.
    event.target.value = ''
    if (!chosen) return
    look.reset()
    invite.reset()
    if (chosen.size > largest) return setFault('The file is larger than 1 MB. Split it.')
    setFault(undefined)
    const csv = await chosen.text()
    setFile({ name: chosen.name, csv })
    look.mutate(csv)
  }
  const fine = look.data?.items.filter(({ status }) => status === 'sent').length ?? 0
  const problem = invite.error ?? look.error
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title="Invite from a file"
      about="A CSV file whose first line names the columns: email, first, last, roles, groups. Nothing is sent before you have seen what each row would do."
      footer={
        <>
          <Button look="ghost" onClick={onClose}>
            Cancel
          </Button>
          <Button
            look="primary"
            busy={invite.isPending}
            blockedBecause={
              file
                ? fine === 0
                  ? 'No row of this file can be invited.'
                  : null
                : 'Choose a file first.'
            }
            onClick={() => file && invite.mutate(file.csv)}
          >
            {fine > 0 ? `Invite ${fine}` : 'Invite'}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        {fault ? <p className="text-sm text-bad">{fault}</p> : null}
        {problem ? <ProblemBanner problem={asProblem(problem)} /> : null}
        <div className="flex flex-wrap items-center gap-2">
          <Button busy={look.isPending} onClick={() => picker.current?.click()}>
            <FileUp aria-hidden="true" />
            {file ? 'Choose another file' : 'Choose a file'}
          </Button>
          <a
            href={`data:text/csv;charset=utf-8,${encodeURIComponent(example)}`}
            download="usher-invitations.csv"
            className="inline-flex h-9 items-center gap-1.5 rounded-lg px-2.5 font-medium text-accent-text hover:bg-hover"
          >
            <Download className="size-4" aria-hidden="true" />
            Example
          </a>
          <span className="min-w-0 truncate text-ink-2">{file?.name}</span>
          <input
            ref={picker}
            type="file"
            accept=".csv,text/csv,text/plain"
            aria-label="File of people"
            tabIndex={-1}
            className="sr-only"
            onChange={(event) => void choose(event)}
          />
        </div>
        {look.data ? <Results invited={look.data} /> : null}
        <p className="text-sm text-ink-3">
          What you choose below goes to everyone in the file, besides what their row says.
        </p>
        <PromiseFields promise={promise} />
      </div>
    </Dialog>
  )
}
