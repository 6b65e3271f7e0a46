import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import { asProblem, useOrganisation } from '../../client/index.ts'
import { Button, Dialog, ProblemBanner, TextField } from '../../parts/index.ts'

export function AddDomain({
  open,
  onClose,
  onAdded,
}: {
  open: boolean
  onClose: () => void
  onAdded: (name: string) => void
}) {
  const { api, key } = useOrganisation()
  const client = useQueryClient()
  const form = useId()
  const [name, setName] = useState('')
  const add = useMutation({
    mutationFn: () => api.addDomain(name.trim()),
    onSuccess: async (domain) => {
      await client.invalidateQueries({ queryKey: key('domains') })
      setName('')
      onAdded(domain.name)
    },
  })
  const problem = add.error ? asProblem(add.error) : null
  const ofName = problem?.errors?.some(({ pointer }) => pointer === '/name')
  const close = () => {
    add.reset()
    onClose()
  }
  return (
    <Dialog
      open={open}
      onClose={close}
      title="Add a domain"
      about="You get a DNS record that proves it. Until the record is found, nothing changes."
      footer={
        <>
          <Button look="ghost" onClick={close}>
            Cancel
          </Button>
          <Button
            look="primary"
            type="submit"
            form={form}
            busy={add.isPending}
            disabled={name.trim() === ''}
          >
            Add
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="flex flex-col gap-4"
        onSubmit={(event: FormEvent) => {
          event.preventDefault()
          add.mutate()
        }}
      >
        {problem && !ofName ? <ProblemBanner problem={problem} /> : null}
        <TextField
          label="Domain"
          value={name}
          placeholder="company.com"
          spellCheck={false}
          autoCapitalize="none"
          error={ofName ? problem?.detail : undefined}
          help="The whole of what stands after the @. eu.company.com is another one."
          onChange={(event) => {
            add.reset()
            setName(event.target.value)
          }}
        />
      </form>
    </Dialog>
  )
}
