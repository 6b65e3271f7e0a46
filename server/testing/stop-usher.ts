import { afterAll } from 'vitest'
import { stopUsher } from './organisation.ts'

afterAll(stopUsher)
