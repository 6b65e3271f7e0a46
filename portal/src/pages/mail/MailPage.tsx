import { useQuery, useQueryClient } from '@tanstack/react-query'
import { asProblem, useOrganisation } from '../../client/index.ts'
import { Card, Loaded, Page, SkeletonRows } from '../../parts/index.ts'
import { RecentMails } from './RecentMails.tsx'
import { Sending } from './Sending.tsx'

/** "Mail" (EM-1): who sends, a test of it, and what became of each mail. */
export function MailPage() {
  const { api, key } = useOrganisation()
  const client = useQueryClient()
  const settings = useQuery({ queryKey: key('mail-settings'), queryFn: api.mailSettings })
  const reload = async () => {
    // What waited is tried by the new settings, and other pages show links or none.
    void client.invalidateQueries({ queryKey: key('mails') })
    void client.invalidateQueries({ queryKey: key('users') })
    const { data } = await settings.refetch({ throwOnError: true })
    if (!data) throw new Error('The mail settings did not load.')
    return data
  }
  return (
    <Page
      title="Mail"
      about="Activations, invitations, password resets and warnings go out by mail. Choose who sends it."
    >
      <Loaded
        from={settings}
        problemOf={asProblem}
        skeleton={
          <Card>
            <SkeletonRows rows={4} />
          </Card>
        }
      >
        {(fresh) => (
          <>
            <Sending fresh={fresh} reload={reload} />
            <RecentMails mailless={fresh.value.inForce === 'none'} />
          </>
        )}
      </Loaded>
    </Page>
  )
}
