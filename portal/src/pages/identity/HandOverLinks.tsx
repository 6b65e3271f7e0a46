import { useMutation } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { asProblem, useOrganisation } from '../../client/index.ts'
import { Banner, Button, Dialog, ProblemBanner } from '../../parts/index.ts'

const number = new Intl.NumberFormat('en')

/** After a switch without a mail service: the links that a manager hands over (LM-10). */
export function HandOverLinks({ people, onClose }: { people: number; onClose: () => void }) {
  const { api } = useOrganisation()
  const download = useMutation({
    mutationFn: api.switchLinks,
    onSuccess: (file) => save(file, 'usher-activation-links.csv'),
  })
  const count = people === 1 ? '1 person' : `${number.format(people)} people`
  return (
    <Dialog
      open
      onClose={onClose}
      title="Hand over the activation links"
      about={`The new method is in force. No mail service is set up, so nothing was sent to ${count}. The file has a link for each. Every link works once, lives 7 days, and is for that person only.`}
      footer={
        <>
          <Button look="ghost" onClick={onClose}>
            {download.isSuccess ? 'Done' : 'Later'}
          </Button>
          <Button
            look={download.isSuccess ? 'secondary' : 'primary'}
            busy={download.isPending}
            onClick={() => download.mutate()}
          >
            <Download aria-hidden="true" />
            {download.isSuccess ? 'Make new links' : 'Download links'}
          </Button>
        </>
      }
    >
      {download.error ? <ProblemBanner problem={asProblem(download.error)} /> : null}
      {download.isSuccess ? (
        <Banner tone="good" live>
          The file is with you, and the links in it are shown nowhere else. Making new ones ends
          them.
        </Banner>
      ) : (
        <p className="text-ink-2">
          The links are made when you download them. Later you can also choose people on User
          Management and resend their activation.
        </p>
      )}
    </Dialog>
  )
}

function save(file: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
