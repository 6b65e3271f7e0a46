#!/usr/bin/env -S node --max-semi-space-size=16 --expose-gc
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// Compiled code is kept beside the packages, which only their owner can write: starts are faster, and
// without types to strip they take less memory. Where nothing can be written, nothing is kept.
enableCompileCache(join(import.meta.dirname, '../../node_modules/.cache/usher'))

const { runCommand } = await import('./app/command-line.ts')
await runCommand(process.argv)
