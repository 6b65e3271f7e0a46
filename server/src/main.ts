#!/usr/bin/env node
import { runCommand } from './app/command-line.ts'

await runCommand(process.argv)
