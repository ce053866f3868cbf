#include "shared/auth/default_roles.h"

namespace crm {

absl::string_view DefaultRoles() {
  return R"(# Role grants. The format is described in shared/auth/roles.h.

# Runs the tenant: every record, every report, but only reads the audit trail.
tenant_admin: *.create *.get *.list *.update *.delete *.undelete
    *.purge *.export
    customers.* identifiers.* contacts.* accounts.* leads.* opportunities.*
    scoringModels.* assignmentRules.* territories.* forms.* formSubmissions.*
    pipelines.* products.* taxClasses.* quotes.* orders.* orderReturns.*
    exchangeRates.* baseCurrencies.* priceBooks.* priceBookEntries.*
    invoices.* creditNotes.* subscriptions.* goals.*
    activities.* conversations.* messages.*
    rfmSnapshots.* portfolioAnalyses.* lifecycleJourneys.*
    lifecycleVocabularies.*
    clvModels.* scorecards.*
    rubrics.* assessments.* crmProjects.* changes.watch operations.*
    strategies.* externalFactors.* stakeholderLinks.* propositions.*
    changeInitiatives.* enablementPrograms.*
    interactionPlans.* treatments.* treatmentAssignments.*
    eventSources.* quarantinedEvents.*
    users.* teams.* roles.* access.explain calls.prioritize
    accountContacts.* businessCalendars.* views.* followers.*
    notifications.markRead@own notifications.archive@own
    resources.search
    fieldDefinitions.* validationRules.* mergeOperations.*
    duplicateRules.* duplicateCandidates.*
    automations.* automationRuns.* sequences.* sequenceEnrollments.*
    objectTypes.* objects.*

# Sells: writes what he and his teams own, deletes none, confirms no order.
sales_rep: customers.create@team customers.get@team customers.list@team
    customers.update@team customers.getProfile@team
    customers.resolveIdentity@team
    identifiers.create@team identifiers.get@team identifiers.list@team
    identifiers.update@team identifiers.verify@team identifiers.retire@team
    contacts.create@team contacts.get@team contacts.list@team
    contacts.update@team
    accounts.create@team accounts.get@team accounts.list@team
    accounts.update@team
    leads.create@team leads.get@team leads.list@team leads.update@team
    leads.qualify@team leads.convert@team leads.disqualify@team
    leads.recycle@team leads.work@team
    scoringModels.get scoringModels.list territories.get territories.list
    opportunities.create@team opportunities.get@team opportunities.list@team
    opportunities.update@team opportunities.moveStage@team
    opportunities.win@team opportunities.lose@team opportunities.forecast@team
    exchangeRates.get exchangeRates.list exchangeRates.convert
    baseCurrencies.get baseCurrencies.list
    priceBooks.get priceBooks.list priceBookEntries.get priceBookEntries.list
    invoices.create@team invoices.get@team invoices.list@team
    invoices.update@team creditNotes.create@team creditNotes.get@team
    creditNotes.list@team creditNotes.update@team
    subscriptions.create@team subscriptions.get@team subscriptions.list@team
    subscriptions.update@team subscriptions.activate@team
    subscriptions.pause@team subscriptions.cancel@team
    subscriptions.sumRecurringRevenue@team
    goals.get@team goals.list@team goals.getProgress@team
    pipelines.get pipelines.list
    orders.create@team orders.get@team orders.list@team orders.update@team
    orders.submit@team
    quotes.create@team quotes.get@team quotes.list@team quotes.update@team
    quotes.send@team quotes.accept@team quotes.decline@team quotes.revise@team
    orderReturns.create@team orderReturns.get@team orderReturns.list@team
    orderReturns.update@team
    products.get products.list taxClasses.get taxClasses.list
    activities.create@team activities.get@team activities.list@team
    activities.update@team activities.complete@team
    conversations.get conversations.list messages.get messages.list
    rfmSnapshots.get rfmSnapshots.list rfmSnapshots.listScores
    clvModels.get clvModels.list clvModels.listScores
    portfolioAnalyses.get portfolioAnalyses.list portfolioAnalyses.analyze
    lifecycleVocabularies.get lifecycleVocabularies.list
    lifecycleJourneys.get lifecycleJourneys.list lifecycleJourneys.render
    lifecycleJourneys.measureFunnel lifecycleJourneys.measureCycles
    changes.watch operations.get operations.list
    activities.begin@team activities.cancel@team activities.freeBusy@team
    activities.listTimeline@team
    accountContacts.create@team accountContacts.get@team
    accountContacts.list@team accountContacts.update@team
    customers.getCallBrief@team
    businessCalendars.get businessCalendars.list
    businessCalendars.addBusinessTime
    views.create@own views.get@own views.list@own views.update@own
    views.delete@own views.undelete@own views.run@own
    views.get@where:sharing=SHARED views.list@where:sharing=SHARED
    views.run@where:sharing=SHARED
    followers.create@own followers.get@own followers.list@own
    followers.delete@own followers.listChanges@own
    notifications.get@own notifications.list@own notifications.markRead@own
    notifications.archive@own
    resources.search
    fieldDefinitions.get fieldDefinitions.list validationRules.get
    validationRules.list objectTypes.get objectTypes.list

# Leads a sales team: all of its records, and the last word on orders.
sales_manager: customers.* identifiers.* contacts.* accounts.* leads.*
    scoringModels.* assignmentRules.* territories.* forms.* formSubmissions.*
    opportunities.* pipelines.* taxClasses.* quotes.* orders.*
    orderReturns.* products.* activities.* exchangeRates.* priceBooks.*
    priceBookEntries.* invoices.* creditNotes.* subscriptions.*
    mergeOperations.* goals.* baseCurrencies.get baseCurrencies.list
    duplicateRules.* duplicateCandidates.*
    automations.* automationRuns.* sequences.* sequenceEnrollments.*
    conversations.get conversations.list messages.get messages.list
    rfmSnapshots.get rfmSnapshots.list rfmSnapshots.listScores
    clvModels.get clvModels.list clvModels.listScores
    portfolioAnalyses.get portfolioAnalyses.list portfolioAnalyses.analyze
    lifecycleJourneys.* lifecycleVocabularies.get lifecycleVocabularies.list
    interactionPlans.get interactionPlans.list interactionPlans.planInteractions
    changes.watch operations.get operations.list operations.cancel
    operations.addRows operations.revert
    accountContacts.*
    businessCalendars.get businessCalendars.list
    businessCalendars.addBusinessTime
    views.create@own views.get@own views.list@own views.update@own
    views.delete@own views.undelete@own views.run@own
    views.get@where:sharing=SHARED views.list@where:sharing=SHARED
    views.run@where:sharing=SHARED
    followers.create@own followers.get@own followers.list@own
    followers.delete@own followers.listChanges@own
    notifications.get@own notifications.list@own notifications.markRead@own
    notifications.archive@own
    resources.search
    fieldDefinitions.get fieldDefinitions.list validationRules.get
    validationRules.list objectTypes.get objectTypes.list

# Addresses customers: reads records and scores, and what was sold.
marketer: customers.get customers.list customers.getProfile
    forms.* formSubmissions.get formSubmissions.list formSubmissions.apply
    formSubmissions.reject
    identifiers.get identifiers.list contacts.get contacts.list
    accounts.get accounts.list leads.get leads.list
    opportunities.get opportunities.list pipelines.get pipelines.list
    quotes.get quotes.list orders.get orders.list orderReturns.get
    orderReturns.list products.get products.list
    exchangeRates.get exchangeRates.list exchangeRates.convert
    baseCurrencies.get baseCurrencies.list
    priceBooks.get priceBooks.list priceBookEntries.get priceBookEntries.list
    subscriptions.get subscriptions.list
    rfmSnapshots.get rfmSnapshots.list rfmSnapshots.listScores
    clvModels.get clvModels.list clvModels.listScores
    portfolioAnalyses.get portfolioAnalyses.list portfolioAnalyses.analyze
    lifecycleVocabularies.get lifecycleVocabularies.list
    lifecycleJourneys.get lifecycleJourneys.list lifecycleJourneys.render
    lifecycleJourneys.measureFunnel lifecycleJourneys.measureCycles
    operations.get operations.list
    accountContacts.get accountContacts.list
    businessCalendars.get businessCalendars.list
    businessCalendars.addBusinessTime
    views.create@own views.get@own views.list@own views.update@own
    views.delete@own views.undelete@own views.run@own
    views.get@where:sharing=SHARED views.list@where:sharing=SHARED
    views.run@where:sharing=SHARED
    followers.create@own followers.get@own followers.list@own
    followers.delete@own followers.listChanges@own
    notifications.get@own notifications.list@own notifications.markRead@own
    notifications.archive@own
    resources.search
    fieldDefinitions.get fieldDefinitions.list validationRules.get
    validationRules.list objectTypes.get objectTypes.list

# Answers customers: writes conversations, corrects records, reads deals.
support_agent: customers.get customers.list customers.update
    customers.getProfile customers.resolveIdentity
    identifiers.get identifiers.list identifiers.update
    contacts.get contacts.list contacts.update
    accounts.get accounts.list accounts.update
    leads.get leads.list leads.update
    opportunities.get opportunities.list pipelines.get pipelines.list
    quotes.get quotes.list orders.get orders.list orderReturns.get
    orderReturns.list products.get products.list
    activities.create activities.get activities.list activities.update
    activities.complete
    conversations.create conversations.get conversations.list
    conversations.update conversations.resolve conversations.reopen
    messages.create messages.get messages.list messages.update
    changes.watch operations.get operations.list
    activities.begin activities.cancel activities.freeBusy
    activities.listTimeline
    customers.getCallBrief accountContacts.get accountContacts.list
    businessCalendars.get businessCalendars.list
    businessCalendars.addBusinessTime
    views.create@own views.get@own views.list@own views.update@own
    views.delete@own views.undelete@own views.run@own
    views.get@where:sharing=SHARED views.list@where:sharing=SHARED
    views.run@where:sharing=SHARED
    followers.create@own followers.get@own followers.list@own
    followers.delete@own followers.listChanges@own
    notifications.get@own notifications.list@own notifications.markRead@own
    notifications.archive@own
    resources.search
    fieldDefinitions.get fieldDefinitions.list validationRules.get
    validationRules.list objectTypes.get objectTypes.list

# Leads a support team: as an agent, and all of its conversations and reports.
support_lead: customers.get customers.list customers.update
    customers.getProfile customers.resolveIdentity
    identifiers.get identifiers.list identifiers.update
    contacts.get contacts.list contacts.update
    accounts.get accounts.list accounts.update
    leads.get leads.list leads.update
    opportunities.get opportunities.list pipelines.get pipelines.list
    quotes.get quotes.list orders.get orders.list orderReturns.get
    orderReturns.list products.get products.list
    activities.* conversations.* messages.*
    rfmSnapshots.get rfmSnapshots.list rfmSnapshots.listScores
    clvModels.get clvModels.list clvModels.listScores
    portfolioAnalyses.get portfolioAnalyses.list portfolioAnalyses.analyze
    lifecycleVocabularies.get lifecycleVocabularies.list
    lifecycleJourneys.get lifecycleJourneys.list lifecycleJourneys.render
    lifecycleJourneys.measureFunnel lifecycleJourneys.measureCycles
    changes.watch operations.get operations.list operations.cancel
    operations.addRows operations.revert
    customers.getCallBrief accountContacts.get accountContacts.list
    businessCalendars.get businessCalendars.list
    businessCalendars.addBusinessTime
    views.create@own views.get@own views.list@own views.update@own
    views.delete@own views.undelete@own views.run@own
    views.get@where:sharing=SHARED views.list@where:sharing=SHARED
    views.run@where:sharing=SHARED
    followers.create@own followers.get@own followers.list@own
    followers.delete@own followers.listChanges@own
    notifications.get@own notifications.list@own notifications.markRead@own
    notifications.archive@own
    resources.search
    fieldDefinitions.get fieldDefinitions.list validationRules.get
    validationRules.list objectTypes.get objectTypes.list

# Computes: runs reports over deals and scores. Sees no contact points (hence no
# customers, contacts or leads) and no message bodies.
analyst: accounts.get accounts.list opportunities.get opportunities.list
    pipelines.get pipelines.list quotes.get quotes.list orders.get orders.list
    orderReturns.get orderReturns.list products.get products.list
    opportunities.forecast exchangeRates.get exchangeRates.list
    exchangeRates.convert baseCurrencies.get baseCurrencies.list
    invoices.get invoices.list creditNotes.get creditNotes.list
    subscriptions.get
    subscriptions.list subscriptions.sumRecurringRevenue
    conversations.get conversations.list
    rfmSnapshots.* portfolioAnalyses.* lifecycleJourneys.*
    clvModels.* scorecards.*
    lifecycleVocabularies.* rubrics.* assessments.* crmProjects.*
    strategies.* externalFactors.* stakeholderLinks.* propositions.*
    changeInitiatives.* enablementPrograms.*
    interactionPlans.* treatments.* treatmentAssignments.*
    eventSources.* quarantinedEvents.*
    operations.get operations.list operations.cancel
    views.create@own views.get@own views.list@own views.update@own
    views.delete@own views.undelete@own views.run@own
    views.get@where:sharing=SHARED views.list@where:sharing=SHARED
    views.run@where:sharing=SHARED
    followers.create@own followers.get@own followers.list@own
    followers.delete@own followers.listChanges@own
    notifications.get@own notifications.list@own notifications.markRead@own
    notifications.archive@own
    resources.search
    fieldDefinitions.get fieldDefinitions.list validationRules.get
    validationRules.list objectTypes.get objectTypes.list

# Another system: exchanges records, deletes none.
integration: customers.create customers.get customers.list customers.update
    customers.getProfile customers.resolveIdentity
    identifiers.create identifiers.get identifiers.list identifiers.update
    identifiers.verify identifiers.retire
    contacts.create contacts.get contacts.list contacts.update
    accounts.create accounts.get accounts.list accounts.update
    leads.create leads.get leads.list leads.update leads.qualify leads.convert
    leads.disqualify leads.recycle leads.work forms.get forms.list
    formSubmissions.create formSubmissions.get formSubmissions.list
    formSubmissions.setToken
    opportunities.create opportunities.get opportunities.list
    opportunities.update opportunities.moveStage opportunities.win
    opportunities.lose opportunities.reopen pipelines.get pipelines.list
    opportunities.forecast exchangeRates.create exchangeRates.get
    exchangeRates.list exchangeRates.convert baseCurrencies.get
    baseCurrencies.list
    priceBooks.get priceBooks.list priceBookEntries.get priceBookEntries.list
    invoices.create invoices.get invoices.list invoices.update invoices.issue
    invoices.pay invoices.recordPayment creditNotes.create creditNotes.get
    creditNotes.list creditNotes.update creditNotes.issue
    subscriptions.create subscriptions.get subscriptions.list
    subscriptions.update subscriptions.activate subscriptions.pause
    subscriptions.cancel
    products.create products.get products.list products.update
    orders.create orders.get orders.list orders.update orders.submit
    orders.confirm orders.cancel orders.fulfill taxClasses.get
    taxClasses.list quotes.create quotes.get quotes.list quotes.update
    quotes.send quotes.accept quotes.decline orderReturns.create
    orderReturns.get orderReturns.list orderReturns.update
    orderReturns.approve orderReturns.receive orderReturns.refund
    activities.create activities.get activities.list activities.update
    activities.complete
    conversations.create conversations.get conversations.list
    conversations.update
    messages.create messages.get messages.list messages.update
    changes.watch operations.get operations.list
    activities.begin activities.cancel activities.freeBusy
    activities.listTimeline
    customers.getCallBrief accountContacts.create accountContacts.get
    accountContacts.list accountContacts.update
    businessCalendars.get businessCalendars.list
    businessCalendars.addBusinessTime
    resources.search
    fieldDefinitions.get fieldDefinitions.list validationRules.get
    validationRules.list objectTypes.get objectTypes.list

# Examines what was done and who may do what, and nothing else.
auditor: auditEntries.get auditEntries.list operations.get operations.list
    users.get users.list teams.get teams.list roles.get roles.list
    tokenRevocations.get tokenRevocations.list access.explain

# A customer, by a portal: sees what is his own. Not messages, among which are
# the notes that he must not see.
portal_customer: customers.get@customer customers.list@customer
    identifiers.get@customer identifiers.list@customer
    identifiers.create@customer identifiers.update@customer
    contacts.get@customer contacts.list@customer
    opportunities.get@customer opportunities.list@customer
    orders.get@customer orders.list@customer
    invoices.get@customer invoices.list@customer
    creditNotes.get@customer creditNotes.list@customer
    conversations.create@customer conversations.get@customer
    conversations.list@customer
    products.get products.list hide:customers.owner
    hide:contacts.owner hide:orders.owner hide:opportunities.owner
    hide:invoices.owner hide:creditNotes.owner
    hide:conversations.assignee

# Another business that sells for this one: registers leads, and sees its own.
partner: leads.create@own leads.get@own leads.list@own
    opportunities.get@own opportunities.list@own
    orders.get@own orders.list@own products.get products.list
    stakeholderLinks.get@own stakeholderLinks.list@own
    stakeholderLinks.getNetwork@own

# A web site's forms: hands in what visitors filled in and confirmed, and sees
# nothing else.
web_form: forms.get formSubmissions.create formSubmissions.confirm

# Answers for personal data: reads the records that hold it, and the trail. Is
# heard first when a service is busy.
privacy_officer: customers.get customers.list customers.getProfile
    identifiers.get identifiers.list contacts.get contacts.list
    accounts.get accounts.list leads.get leads.list
    auditEntries.get auditEntries.list operations.get operations.list
    calls.prioritize
    accountContacts.get accountContacts.list resources.search

# The suite's own processes, between themselves.
system: internal.* operations.get operations.list
)";
}

}  // namespace crm
