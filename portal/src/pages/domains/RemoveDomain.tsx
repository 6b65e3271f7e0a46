import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Domain } from '../../../../contract/src/index.ts'
import { asProblem, useOrganisation } from '../../client/index.ts'
import { Confirm, countWords, Skeleton, toast } from '../../parts/index.ts'

/** Says what a removal does before it is done. */
export function RemoveDomain({
  domain,
  open,
  onClose,
}: {
  domain: Domain
  open: boolean
  onClose: () => void
}) {
  const { api, key } = useOrganisation()
  const client = useQueryClient()
  const counts = domain.state === 'verified' || domain.state === 'lapsing'
  const details = useQuery({
    queryKey: key('domains', domain.name),
    queryFn: () => api.domain(domain.name),
    enabled: open && counts,
  })
  const remove = useMutation({
    mutationFn: () => api.removeDomain(domain.name),
    onSuccess: async () => {
      toast(`${domain.shown} is removed`)
      await client.invalidateQueries({ queryKey: key('domains') })
    },
  })
  const unlinked = details.data?.unlinked
  return (
    <Confirm
      open={open}
      title={`Remove ${domain.shown}?`}
      about="To have it back later you prove it again, with another record."
      verb="Remove"
      busy={remove.isPending}
      problem={remove.error ? asProblem(remove.error) : null}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      {counts ? (
        <ul className="flex list-disc flex-col gap-1.5 pl-5 text-ink-2">
          <li>Whoever is linked to the identity provider stays linked and signs in as before.</li>
          <li>
            {unlinked ? (
              unlinked.count === 0 ? (
                'Everybody of this domain is linked already, so that nobody is concerned at present.'
              ) : (
                <>
                  <strong className="text-ink">
                    {countWords(unlinked)} {unlinked.count === 1 ? 'person is' : 'people are'} not
                    linked yet.
                  </strong>{' '}
                  At their first single sign-on they wait in the adoption queue, unless a manager
                  has just created or invited them.
                </>
              )
            ) : (
              <Skeleton className="h-4 w-64 max-w-full" />
            )}
          </li>
          <li>
            New e-mail addresses of this domain are no longer taken over from the identity provider.
          </li>
        </ul>
      ) : null}
    </Confirm>
  )
}
