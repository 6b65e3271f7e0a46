import { useQuery } from '@tanstack/react-query'
import { Globe, Plus } from 'lucide-react'
import { useState } from 'react'
import { asProblem, useOrganisation } from '../../client/index.ts'
import { Button, Card, EmptyState, Loaded, Page, SkeletonRows } from '../../parts/index.ts'
import { AddDomain } from './AddDomain.tsx'
import { DomainCard } from './DomainCard.tsx'

/** "Domains" (SE-15): which are the organisation's own, and what proves it. */
export function DomainsPage() {
  const { api, key, manages } = useOrganisation()
  const [adding, setAdding] = useState(false)
  const [added, setAdded] = useState<string | null>(null)
  const domains = useQuery({ queryKey: key('domains'), queryFn: api.domains })
  const add = (
    <Button
      look="primary"
      blockedBecause={manages ? null : 'Only a manager can add a domain.'}
      onClick={() => setAdding(true)}
    >
      <Plus aria-hidden="true" />
      Add a domain
    </Button>
  )
  return (
    <Page
      title="Domains"
      about="People who are here already, with an address of a domain that you have proved, are linked by themselves at their first single sign-on. All others wait in the adoption queue."
      action={domains.data && domains.data.items.length > 0 ? add : null}
    >
      <Loaded
        from={domains}
        problemOf={asProblem}
        skeleton={
          <Card>
            <SkeletonRows rows={3} />
          </Card>
        }
      >
        {({ items }) =>
          items.length === 0 ? (
            <Card>
              <EmptyState
                icon={<Globe aria-hidden="true" />}
                title="No domain yet"
                about="Add the domain of your people’s addresses and prove with one DNS record that it is yours. Nothing else about it changes."
                action={add}
              />
            </Card>
          ) : (
            <ul className="flex flex-col gap-4">
              {items.map((domain) => (
                <li key={domain.name}>
                  <DomainCard domain={domain} open={domain.name === added} />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <AddDomain
        open={adding}
        onClose={() => setAdding(false)}
        onAdded={(name) => {
          setAdding(false)
          setAdded(name)
        }}
      />
    </Page>
  )
}
