import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { asProblem, useOrganisation } from '../../client/index.ts'
import {
  Banner,
  Button,
  Card,
  Code,
  Page,
  PickPeople,
  ProblemBanner,
  Section,
  Select,
  TextField,
} from '../../parts/index.ts'

type Person = { id: string; firstName: string; lastName: string; email: string }

/** The question that the organisation's own product asks before it opens a door (RB-13). */
export function AccessCheckPage() {
  const { id, api, key } = useOrganisation()
  const pools = useQuery({ queryKey: key('pools'), queryFn: api.pools })
  const [person, setPerson] = useState<Person | null>(null)
  const [picking, setPicking] = useState(false)
  const [chosenPool, setChosenPool] = useState('')
  const [permission, setPermission] = useState('pool.use')
  const check = useMutation({ mutationFn: api.checkAccess })
  const choices = (pools.data?.items ?? []).map((pool) => ({ value: pool.id, label: pool.name }))
  const poolId = chosenPool || (choices[0]?.value ?? '')
  const missing = !person ? 'Choose a person first.' : permission ? null : 'Enter a permission.'
  const body = { userId: person?.id ?? 'USER_ID', poolId: poolId || 'POOL_ID', permission }
  return (
    <Page
      title="Access check"
      about="Ask whether somebody may do something on a pool, as your product asks before it opens a door. The answer follows every change at once."
    >
      <Card className="flex flex-col gap-4 p-5">
        <div className="grid items-end gap-4 md:grid-cols-3">
          <div className="flex min-w-0 flex-col gap-1.5">
            <span className="font-medium">Person</span>
            <Button className="justify-start" onClick={() => setPicking(true)}>
              <span className="truncate">{person ? nameOf(person) : 'Choose a person'}</span>
            </Button>
          </div>
          <Select
            label="Pool"
            value={poolId}
            choices={choices}
            onChange={(next) => {
              setChosenPool(next)
              check.reset()
            }}
          />
          <TextField
            label="Permission"
            value={permission}
            maxLength={100}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => {
              setPermission(event.target.value.trim())
              check.reset()
            }}
          />
        </div>
        <div>
          <Button
            look="primary"
            busy={check.isPending}
            blockedBecause={missing}
            onClick={() => check.mutate(body)}
          >
            Check access
          </Button>
        </div>
        {check.error ? <ProblemBanner problem={asProblem(check.error)} /> : null}
        {check.data ? (
          <Banner
            live
            tone={check.data.allowed ? 'good' : 'warn'}
            title={check.data.allowed ? 'Allowed' : 'Not allowed'}
          >
            {check.data.because}
          </Banner>
        ) : null}
      </Card>
      <Section
        id="call"
        title="The same from your product"
        about="With an API key that has the scope access:read. Whatever is not “allowed”: true means no."
      >
        <Code title="curl" of="the curl command" open text={curl(id, body)} />
      </Section>
      {picking ? (
        <Picker
          onPick={(chosen) => {
            setPerson(chosen)
            setPicking(false)
            check.reset()
          }}
          onClose={() => setPicking(false)}
        />
      ) : null}
    </Page>
  )
}

function curl(organisationId: string, body: object): string {
  return [
    `curl -X POST ${location.origin}/api/v1/orgs/${organisationId}/access/check \\`,
    `  -H "Authorization: Bearer $USHER_API_KEY" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`,
  ].join('\n')
}

function nameOf({ firstName, lastName, email }: Person): string {
  return `${firstName} ${lastName}`.trim() || email
}

function Picker({ onPick, onClose }: { onPick: (person: Person) => void; onClose: () => void }) {
  const { api, key } = useOrganisation()
  const [search, setSearch] = useState<string>()
  const query = { search, size: 8 }
  const people = useQuery({
    queryKey: key('users', 'pick', query),
    queryFn: ({ signal }) => api.users(query, signal),
    placeholderData: keepPreviousData,
  })
  return (
    <PickPeople
      title="Choose a person"
      verb="Choose"
      many={false}
      found={people.data?.items}
      failed={people.error ? asProblem(people.error) : null}
      search={search}
      onSearch={setSearch}
      busy={false}
      problem={null}
      onPick={([person]) => {
        if (person) onPick(person)
      }}
      onClose={onClose}
    />
  )
}
