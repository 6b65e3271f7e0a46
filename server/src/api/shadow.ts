import { z } from 'zod'
import {
  GoLive,
  Id,
  ShadowDifferences,
  ShadowDifferencesQuery,
  type ShadowSummary,
  ShadowView,
} from '../../../contract/src/index.ts'
import {
  allow,
  beginShadow,
  discardShadow,
  goLive,
  listDifferences,
  shadowMark,
  shadowSummary,
  shadowView,
} from '../directory/index.ts'
import type { Actor } from '../model/actor.ts'
import { type Api, type ApiDoor, callerFor } from './door.ts'
import { openPreview } from './previews.ts'
import { running } from './sources.ts'

const params = z.object({ organisationId: Id })
/** What changes here meanwhile is seen after this time at the latest. */
const goodForMs = 30_000
const rememberedAtMost = 100

type Remembered = { mark: string; until: number; summary: Promise<ShadowSummary> }

/** SCIM that is rehearsed before it is the source (BY-3). */
export function shadowRoutes(app: Api, door: ApiDoor): void {
  const base = '/orgs/:organisationId/identity/scim/shadow'
  const { directory, clock } = door
  const summaries = new Map<string, Remembered>()

  /** Counting costs what was rehearsed, so that who watches it is told what was counted last. */
  async function summaryOf(actor: Actor): Promise<ShadowSummary> {
    const mark = await directory.view(actor, shadowMark)
    const known = summaries.get(actor.organisationId)
    if (known?.mark === mark && known.until > clock.now()) return known.summary
    const summary = directory.view(actor, shadowSummary)
    summaries.delete(actor.organisationId)
    summaries.set(actor.organisationId, { mark, until: clock.now() + goodForMs, summary })
    summary.catch(() => summaries.delete(actor.organisationId))
    const [oldest] = summaries.size > rememberedAtMost ? summaries.keys() : []
    if (oldest) summaries.delete(oldest)
    return summary
  }

  async function render(actor: Actor): Promise<ShadowView> {
    const { state, unavailableBecause, latest } = await directory.view(actor, (read) =>
      shadowView(read, running),
    )
    if (state === 'none' || !latest)
      return { state: 'none', unavailableBecause, last: endOf(latest) }
    const begun = { startedBy: latest.started_by, startedAt: latest.started_at }
    if (state === 'copying') return { state, ...begun, done: latest.copied, total: latest.people }
    if (state === 'open') return { state, ...begun, summary: await summaryOf(actor) }
    return {
      state,
      ...begun,
      wentLiveBy: latest.live_by ?? '',
      wentLiveAt: latest.live_at ?? 0,
      done: Math.min(latest.applied, latest.total),
      total: latest.total,
      refused: latest.refused_total,
    }
  }

  app.get(base, { schema: { params, response: { 200: ShadowView } } }, async (request) =>
    render(await callerFor(door, request)),
  )
  app.post(base, { schema: { params, response: { 200: ShadowView } } }, async (request) => {
    const actor = await callerFor(door, request)
    await directory.change(actor, (write) => beginShadow(write, running))
    return render(actor)
  })
  app.delete(base, { schema: { params, response: { 200: ShadowView } } }, async (request) => {
    const actor = await callerFor(door, request)
    await directory.change(actor, discardShadow)
    return render(actor)
  })
  app.post(
    `${base}/go-live`,
    { schema: { params, body: GoLive, response: { 200: ShadowView } } },
    async (request) => {
      const actor = await callerFor(door, request)
      allow(actor, 'identity.write')
      door.requireFresh(actor)
      const { previewId, deactivate = [] } = request.body
      const preview = openPreview(
        door,
        actor,
        previewId,
        ({ to, rollback }) => to === 'scim' && !rollback,
      )
      const total = await directory
        .view(actor, shadowSummary)
        .then(({ people, groups }) => sum(people) + sum(groups))
      await directory.change(actor, (write) =>
        goLive(write, { ...preview, deactivate }, total, running),
      )
      return render(actor)
    },
  )
  app.get(
    `${base}/differences`,
    {
      schema: {
        params,
        querystring: ShadowDifferencesQuery,
        response: { 200: ShadowDifferences },
      },
    },
    async (request) => {
      const actor = await callerFor(door, request)
      return directory.view(actor, (read) => listDifferences(read, request.query))
    },
  )
}

const sum = (counted: Record<string, number>) =>
  Object.values(counted).reduce((total, one) => total + one, 0)

function endOf(latest: Awaited<ReturnType<typeof shadowView>>['latest']) {
  if (!latest || latest.ended_at === null) return null
  return {
    startedBy: latest.started_by,
    startedAt: latest.started_at,
    endedAt: latest.ended_at,
    wentLiveBy: latest.live_by,
    applied: latest.applied,
    refusedTotal: latest.refused_total,
    refused: latest.refused,
  }
}
