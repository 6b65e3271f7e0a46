import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

type Need = {
  /** Debian packages that bring it. */
  packages: string[]
  isThere(): boolean
}

/** What the tests need besides npm packages: real counterparts, from Debian. */
const needs: Need[] = [
  {
    packages: ['chromium'],
    isThere: () => existsSync('/usr/bin/chromium'),
  },
  {
    // PHP's own web server serves it; the one that Debian brings along stays unused.
    packages: ['simplesamlphp', 'php-cli', 'php-xml', 'php-mbstring'],
    isThere: () =>
      existsSync('/usr/share/simplesamlphp/www/index.php') &&
      phpCan(['dom', 'openssl', 'mbstring']),
  },
  {
    packages: ['postgresql'],
    isThere: () => existsSync('/usr/lib/postgresql'),
  },
  {
    packages: ['openssl'],
    isThere: () => existsSync('/usr/bin/openssl'),
  },
]

/** Installs what is absent; does nothing, quickly, when everything is there. */
export function setUpTests(): void {
  const missing = needs.filter((need) => !need.isThere()).flatMap((need) => need.packages)
  if (missing.length === 0) return

  const install = ['install', '--yes', '--no-install-recommends', ...missing]
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(
      `The tests need packages that are not installed. Run this, then try again:\n` +
        `  sudo apt-get update && sudo apt-get ${install.join(' ')}`,
    )
  }
  console.log(`Installing for the tests: ${missing.join(', ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env })
  execFileSync('apt-get', ['-qq', ...install], { stdio: ['ignore', 'ignore', 'inherit'], env })

  const stillMissing = needs.filter((need) => !need.isThere()).flatMap((need) => need.packages)
  if (stillMissing.length > 0) {
    throw new Error(`Installed, and yet not usable: ${stillMissing.join(', ')}`)
  }
}

function phpCan(extensions: string[]): boolean {
  try {
    const loaded = execFileSync('php', ['-m'], { encoding: 'utf8' }).toLowerCase().split('\n')
    return extensions.every((extension) => loaded.includes(extension))
  } catch {
    return false
  }
}

if (import.meta.main) {
  try {
    setUpTests()
    console.log('Chromium, SimpleSAMLphp, PHP and PostgreSQL are there.')
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
