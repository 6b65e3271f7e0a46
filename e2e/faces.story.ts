import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { buildPortalWhenStale } from '../scripts/builds.ts'

const screens = join(import.meta.dirname, '../portal/dev/screens.ts')
const slow = 600_000

test('every page in every face, in light, dark and at 360 px, is accessible, quiet and does not scroll sideways', {
  timeout: slow,
}, async () => {
  await buildPortalWhenStale()

  const { status, stdout, stderr } = spawnSync(process.execPath, [screens], {
    encoding: 'utf8',
    env: { ...process.env, SCREENS: 'none' },
  })

  const faults = stdout.split('\n').filter((line) => !line.startsWith('ok '))
  expect({ status, faults, stderr }).toMatchObject({ status: 0, stderr: '' })
  expect(faults.join('\n')).toMatch(/^0 faults/)
})
