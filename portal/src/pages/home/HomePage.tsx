import { useQuery } from '@tanstack/react-query'
import { Navigate, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { doors } from '../../client/index.ts'
import { Button, Doorstep, slugFrom, TextField } from '../../parts/index.ts'

export function HomePage() {
  const setup = useQuery({ queryKey: ['setup'], queryFn: doors.setupState })
  const navigate = useNavigate()
  const [slug, setSlug] = useState('')
  const [error, setError] = useState<string>()
  if (setup.isPending) return null
  if (setup.data?.open) return <Navigate to="/setup" replace />
  return (
    <Doorstep
      title="Sign in"
      heading="Where do you want to sign in?"
      about="Enter the short name of your organisation. It is part of the link you were given."
    >
      <form
        noValidate
        className="flex flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault()
          const wanted = slugFrom(slug)
          if (wanted === '') return setError('Please enter the short name of your organisation.')
          void navigate({ to: '/login/$slug', params: { slug: wanted } })
        }}
      >
        <TextField
          label="Organisation"
          value={slug}
          error={error}
          autoComplete="organization"
          autoCapitalize="none"
          spellCheck={false}
          placeholder="acme"
          onChange={(event) => {
            setSlug(event.target.value)
            setError(undefined)
          }}
        />
        <Button look="primary" size="large" type="submit">
          Continue
        </Button>
      </form>
    </Doorstep>
  )
}
