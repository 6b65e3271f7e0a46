import type { LoginMethodPreview } from '../../../../contract/src/index.ts'
import { Checkbox, Risk } from '../../parts/index.ts'
import { countTicked, isTicked, type Ticks, tickEveryone, tickOne } from './ticks.ts'

const number = new Intl.NumberFormat('en')

/** Who would wait in the adoption queue, to be ticked one by one or, but for managers, together (JI-20). */
export function WaitingPeople({
  waiting,
  ticks,
  onTick,
}: {
  waiting: LoginMethodPreview['waiting']
  ticks: Ticks
  onTick: (ticks: Ticks) => void
}) {
  const total = waiting.managers + waiting.others
  const unseen = total - waiting.people.length
  return (
    <fieldset className="flex flex-col gap-3 rounded-xl border border-line p-4">
      <legend className="float-left w-full font-medium">
        {total === 1
          ? '1 person would wait at their first sign-in'
          : `${number.format(total)} people would wait at their first sign-in`}
      </legend>
      <p className="text-sm text-ink-2">
        Their e-mail domain is not verified, so a manager approves them in the adoption queue,
        unless they open the link that they are sent. Whomever you tick now comes in at once.
      </p>
      <div className="overflow-hidden rounded-lg border border-line">
        {waiting.others > 1 ? (
          <div className="border-b border-line bg-sunken px-3 py-2.5">
            <Checkbox
              label={`Everyone but managers (${number.format(waiting.others)})`}
              checked={ticks.everyone}
              onChange={(on) => onTick(tickEveryone(ticks, waiting, on))}
            />
          </div>
        ) : null}
        <ul className="max-h-60 divide-y divide-line overflow-y-auto">
          {waiting.people.map((person) => (
            <li key={person.id} className="flex items-start justify-between gap-3 px-3 py-2.5">
              <Checkbox
                label={person.name}
                help={<span className="wrap-anywhere">{person.email}</span>}
                checked={isTicked(ticks, person)}
                onChange={(on) => onTick(tickOne(ticks, waiting, person.id, on))}
              />
              <Risk risk={person.risk} />
            </li>
          ))}
        </ul>
      </div>
      <p className="text-sm text-ink-3">
        <span role="status">
          {number.format(countTicked(ticks, waiting))} of {number.format(total)} ticked.
        </span>
        {waiting.managers > 0 ? ' Managers are ticked one by one.' : ''}
        {unseen > 0 ? ` ${number.format(unseen)} more are not listed.` : ''}
      </p>
    </fieldset>
  )
}
