export { AccessChoices, usualAccess } from './AccessChoices.tsx'
export { AddMenu } from './AddMenu.tsx'
export { Avatar } from './Avatar.tsx'
export { Badge, type Tone } from './Badge.tsx'
export { Button, ButtonLink, buttonClasses, IconButton, TextLink, textLink } from './Button.tsx'
export { AnswerBadge, addressOf, MethodBadge, shortened } from './Calls.tsx'
export { Card, KeyValue, Section } from './Card.tsx'
export { type Check, CheckList, CheckMark, Claims, SignInChecks } from './CheckList.tsx'
export { ChoiceCards } from './ChoiceCards.tsx'
export { Code, indentJson, indentXml } from './Code.tsx'
export { Confirm } from './Confirm.tsx'
export { type ConfirmedHandOver, ConfirmHandOver } from './ConfirmHandOver.tsx'
export { CopyButton, CopyField } from './Copy.tsx'
export { CreateDialog } from './CreateDialog.tsx'
export { classes } from './classes.ts'
export { DeletePerson } from './DeletePerson.tsx'
export { Dialog, Drawer, Sheet } from './Dialog.tsx'
export { Diff } from './Diff.tsx'
export { Feed } from './Feed.tsx'
export { PasswordField, TextArea, TextField } from './Field.tsx'
export { type Figure, Figures, FiguresWaiting } from './Figures.tsx'
export { FilterBar, periodStart, periods } from './FilterBar.tsx'
export { fieldRules, placeFaults, slugFrom } from './form.ts'
export { HandOver } from './HandOver.tsx'
export { LeaveGuard } from './LeaveGuard.tsx'
export { isMailFailing, MailBadge, MailStateBadge } from './MailBadge.tsx'
export { Mark } from './Mark.tsx'
export { FilterMenu, Menu, MenuChoices, MenuItem, MenuSeparator } from './Menu.tsx'
export { NameDialog } from './NameDialog.tsx'
export { OnItsWay } from './OnItsWay.tsx'
export { Origin } from './Origin.tsx'
export { Doorstep, Page, useTitle } from './Page.tsx'
export { meetsPasswordRules, PasswordRules, passwordFault } from './PasswordRules.tsx'
export { SourceBadge, StatusBadge } from './PersonBadges.tsx'
export { PickPeople } from './PickPeople.tsx'
export { Progress } from './Progress.tsx'
export { RecoveryCodes } from './RecoveryCodes.tsx'
export { Risk } from './Risk.tsx'
export { SaveCard } from './SaveCard.tsx'
export { Scroller } from './Scroller.tsx'
export { Segmented } from './Segmented.tsx'
export { Select } from './Select.tsx'
export { ShownOnce } from './ShownOnce.tsx'
export { Stale } from './Stale.tsx'
export {
  Banner,
  EmptyState,
  ErrorState,
  Loaded,
  ProblemBanner,
  Skeleton,
  SkeletonRows,
} from './States.tsx'
export { BareCheckbox, BareSwitch, Checkbox, Switch } from './Switch.tsx'
export { type Column, Pager, type Sorting, Table } from './Table.tsx'
export { Ago, daysUntil, isPast, Moment, onDate } from './Time.tsx'
export { Toasts, toast, toastProblem } from './Toast.tsx'
export { CodeField, TotpSetup } from './TotpSetup.tsx'
export {
  browserWords,
  countWords,
  eventTypes,
  eventWords,
  linkStateWords,
  mailWords,
  methodWords,
  type Protocol,
  roleWords,
  signedInWords,
  sourceLabel,
  sourceWords,
  statusWords,
} from './words.ts'
