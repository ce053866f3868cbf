#include "services/operational/app.h"

#include "crm/operational/v1/account.pb.h"
#include "crm/operational/v1/account_contact.pb.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/assignment_rule.pb.h"
#include "crm/operational/v1/automation.pb.h"
#include "crm/operational/v1/automation_run.pb.h"
#include "crm/operational/v1/base_currency.pb.h"
#include "crm/operational/v1/business_calendar.pb.h"
#include "crm/operational/v1/contact.pb.h"
#include "crm/operational/v1/credit_note.pb.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/duplicate_candidate.pb.h"
#include "crm/operational/v1/duplicate_rule.pb.h"
#include "crm/operational/v1/exchange_rate.pb.h"
#include "crm/operational/v1/field_definition.pb.h"
#include "crm/operational/v1/follower.pb.h"
#include "crm/operational/v1/form.pb.h"
#include "crm/operational/v1/form_submission.pb.h"
#include "crm/operational/v1/goal.pb.h"
#include "crm/operational/v1/identifier.pb.h"
#include "crm/operational/v1/invoice.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/merge_operation.pb.h"
#include "crm/operational/v1/object.pb.h"
#include "crm/operational/v1/object_type.pb.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "crm/operational/v1/order_return.pb.h"
#include "crm/operational/v1/pipeline.pb.h"
#include "crm/operational/v1/price_book.pb.h"
#include "crm/operational/v1/price_book_entry.pb.h"
#include "crm/operational/v1/product.pb.h"
#include "crm/operational/v1/quote.pb.h"
#include "crm/operational/v1/role.pb.h"
#include "crm/operational/v1/scoring_model.pb.h"
#include "crm/operational/v1/sequence.pb.h"
#include "crm/operational/v1/sequence_enrollment.pb.h"
#include "crm/operational/v1/subscription.pb.h"
#include "crm/operational/v1/tax_class.pb.h"
#include "crm/operational/v1/team.pb.h"
#include "crm/operational/v1/territory.pb.h"
#include "crm/operational/v1/token_revocation.pb.h"
#include "crm/operational/v1/user.pb.h"
#include "crm/operational/v1/validation_rule.pb.h"
#include "crm/operational/v1/view.pb.h"
#include "services/operational/domain/access.h"
#include "services/operational/domain/account_contact.h"
#include "services/operational/domain/activity.h"
#include "services/operational/domain/assignment.h"
#include "services/operational/domain/automation.h"
#include "services/operational/domain/base_currency.h"
#include "services/operational/domain/business_calendar.h"
#include "services/operational/domain/credit_note.h"
#include "services/operational/domain/custom_field.h"
#include "services/operational/domain/customer.h"
#include "services/operational/domain/duplicate_rule.h"
#include "services/operational/domain/exchange_rate.h"
#include "services/operational/domain/follower.h"
#include "services/operational/domain/form.h"
#include "services/operational/domain/goal.h"
#include "services/operational/domain/invoice.h"
#include "services/operational/domain/lead.h"
#include "services/operational/domain/object_type.h"
#include "services/operational/domain/opportunity.h"
#include "services/operational/domain/order.h"
#include "services/operational/domain/order_return.h"
#include "services/operational/domain/pipeline.h"
#include "services/operational/domain/price_book.h"
#include "services/operational/domain/quote.h"
#include "services/operational/domain/sales.h"
#include "services/operational/domain/scoring_model.h"
#include "services/operational/domain/sequence.h"
#include "services/operational/domain/subscription.h"
#include "services/operational/domain/territory.h"
#include "services/operational/domain/view.h"
#include "services/operational/handlers/activity.h"
#include "services/operational/handlers/automation.h"
#include "services/operational/handlers/automation_budget.h"
#include "services/operational/handlers/automation_run.h"
#include "services/operational/handlers/business_calendar.h"
#include "services/operational/handlers/call_brief.h"
#include "services/operational/handlers/credit_note.h"
#include "services/operational/handlers/custom_field.h"
#include "services/operational/handlers/document_number.h"
#include "services/operational/handlers/duplicate_index.h"
#include "services/operational/handlers/duplicate_learning.h"
#include "services/operational/handlers/duplicate_rule.h"
#include "services/operational/handlers/duplicate_search.h"
#include "services/operational/handlers/exchange_rate.h"
#include "services/operational/handlers/field_default.h"
#include "services/operational/handlers/follower.h"
#include "services/operational/handlers/follower_notice.h"
#include "services/operational/handlers/form.h"
#include "services/operational/handlers/goal.h"
#include "services/operational/handlers/identity.h"
#include "services/operational/handlers/invoice.h"
#include "services/operational/handlers/lead.h"
#include "services/operational/handlers/lead_assignment.h"
#include "services/operational/handlers/lead_score.h"
#include "services/operational/handlers/merge_operation.h"
#include "services/operational/handlers/merge_records.h"
#include "services/operational/handlers/object_type.h"
#include "services/operational/handlers/opportunity.h"
#include "services/operational/handlers/order.h"
#include "services/operational/handlers/pipeline.h"
#include "services/operational/handlers/quote.h"
#include "services/operational/handlers/sequence.h"
#include "services/operational/handlers/subscription.h"
#include "services/operational/handlers/tenant_graph.h"
#include "services/operational/handlers/timeline.h"
#include "services/operational/handlers/user.h"
#include "services/operational/handlers/view.h"
#include "services/operational/import_rules.h"
#include "services/operational/slices/slices.h"

namespace crm::operational {

absl::StatusOr<std::unique_ptr<Service>> MakeOperational(
    const ServiceEnvironment& environment) {
  auto service = std::make_unique<Service>("operational");

  service->application.MakesCustomers(CustomerFor)
      .Owns<v1::Customer>({.prepare = PrepareCustomer})
      .Owns<v1::Identifier>({.prepare = PrepareIdentifier})
      .Owns<v1::MergeOperation>()
      .Keeps(MergeRecordTable())
      .Owns<v1::DuplicateRule>({.prepare = PrepareDuplicateRule,
                                .deletable = CheckDuplicateRuleDeletable,
                                .settle = SettleDuplicateRule})
      .Owns<v1::DuplicateCandidate>()
      .Keeps(DuplicateKeyTable())
      .OnChange(FollowDuplicates)
      .Owns<v1::Account>({.prepare = PrepareAccount})
      .Imports(MakeImportRules())
      .Owns<v1::Contact>({.prepare = PrepareContact})
      .Owns<v1::AccountContact>({.prepare = PrepareAccountContact})
      .Owns<v1::Lead>({.prepare = PrepareLead, .settle = SettleLead})
      .Owns<v1::Form>({.prepare = PrepareForm})
      .Owns<v1::FormSubmission>({.settle = SettleFormSubmission})
      .Owns<v1::ScoringModel>({.prepare = PrepareScoringModel,
                               .deletable = CheckScoringModelDeletable})
      .Owns<v1::Territory>({.prepare = PrepareTerritory})
      .Owns<v1::AssignmentRule>({.prepare = PrepareAssignmentRule,
                                 .deletable = CheckAssignmentRuleDeletable})
      .Owns<v1::Pipeline>(
          {.prepare = PreparePipeline, .deletable = CheckPipelineDeletable})
      .Owns<v1::Opportunity>({.prepare = PrepareOpportunity})
      .Owns<v1::Goal>({.prepare = PrepareGoal})
      .Owns<v1::BaseCurrency>({.prepare = PrepareBaseCurrency})
      .Owns<v1::ExchangeRate>({.prepare = PrepareExchangeRate})
      .Owns<v1::Product>({.prepare = PrepareProduct})
      .Owns<v1::TaxClass>()
      .Owns<v1::PriceBook>({.prepare = PreparePriceBook})
      .Owns<v1::PriceBookEntry>({.prepare = PreparePriceBookEntry})
      .Owns<v1::Quote>({.prepare = PrepareQuote})
      .Owns<v1::Order>({.prepare = PrepareOrder})
      .Owns<v1::OrderReturn>({.prepare = PrepareOrderReturn})
      .Owns<v1::Invoice>({.prepare = PrepareInvoice})
      .Owns<v1::CreditNote>({.prepare = PrepareCreditNote})
      .Owns<v1::Subscription>({.prepare = PrepareSubscription,
                               .timers = {{kSubscriptionTrial, EndOfTrial}}})
      .Owns<v1::Activity>({.prepare = PrepareActivity,
                           .timers = {{kActivityReminder, ReminderTime},
                                      {kActivityPassing, PassingTime}}})
      .Owns<v1::Follower>({.prepare = PrepareFollower})
      .Owns<v1::View>({.prepare = PrepareView})
      .Owns<v1::BusinessCalendar>({.prepare = PrepareBusinessCalendar})
      .Owns<v1::Automation>(
          {.prepare = PrepareAutomation, .deletable = CheckAutomationDeletable})
      .Owns<v1::AutomationRun>({.expires = EndOfAutomationRun})
      .Owns<v1::Sequence>({.prepare = PrepareSequence})
      .Owns<v1::SequenceEnrollment>(
          {.prepare = PrepareSequenceEnrollment,
           .settle = SettleSequenceEnrollment,
           .timers = {{kSequenceTimer, NextSequenceStep}}})
      .Owns<v1::User>({.prepare = PrepareUser, .authorize = AuthorizeUser})
      .Owns<v1::Team>({.prepare = PrepareTeam})
      .Owns<v1::Role>({.authorize = AuthorizeRole})
      .Owns<v1::TokenRevocation>(
          {.prepare = PrepareTokenRevocation, .expires = EndOfTokenRevocation})
      .Owns<v1::FieldDefinition>(
          {.prepare = PrepareFieldDefinition, .deletable = CheckFieldDeletable})
      .Owns<v1::ValidationRule>({.prepare = PrepareValidationRule})
      .Owns<v1::ObjectType>({.settle = SettleObjectType})
      .Owns<v1::Object>({.prepare = PrepareObject,
                         .authorize = AuthorizeObject,
                         .fields_by_parent = true})
      .Mutate(HandleActivateFieldDefinition)
      .Mutate(HandleRemoveFieldDefinition)
      .Mutate(HandleEnableValidationRule)
      .Operate(ApplyDefaultValueStep)
      .Read(HandleResolveIdentity)
      .Read(environment.peers, ReadScores, HandleGetCallBrief)
      .Mutate(HandleCreateMergeOperation)
      .Mutate(HandleApplyMergeOperation)
      .Mutate(HandleUndoMergeOperation)
      .OnTimer(kMergeExpiry, ExpireMergeOperation)
      .Mutate(HandleActivateDuplicateRule)
      .Mutate(HandleRetireDuplicateRule)
      .OnTimer(kDuplicateFill, FillDuplicateIndex)
      .OnTimer(kDuplicateClear, ClearDuplicateIndex)
      .Operate(FindDuplicatesStep)
      .Operate(LearnDuplicateRuleStep)
      .Mutate(HandleConvertLead)
      .Mutate(HandleUndoLeadConversion)
      .Mutate(HandleAssignLead)
      .Keeps(AssignmentTurnTable())
      .Mutate(HandleActivateAssignmentRule)
      .Read(HandleExplainLeadScore)
      .Mutate(HandleActivateScoringModel)
      .OnTimer(kLeadScoreTimer, ScoreAgain)
      .OnTimer(kScoreAllTimer, ScoreNextLeads)
      .Mutate(HandleConfirmFormSubmission)
      .Mutate(HandleApplyFormSubmission)
      .OnTimer(kFormExpiry, ExpireFormSubmission)
      .Mutate(HandleRevisePipeline)
      .Mutate(HandleWinOpportunity)
      .Mutate(HandleLoseOpportunity)
      .Read(HandleForecastOpportunities)
      .Read(HandleGetGoalProgress)
      .Read(HandleConvertMoney)
      .Mutate(HandleSendQuote)
      .Mutate(HandleAcceptQuote)
      .Mutate(HandleReviseQuote)
      .OnTimer(kQuoteExpiry, ExpireQuote)
      .Mutate(HandleCompleteActivity)
      .Mutate(HandleCancelActivity)
      .Read(HandleGetFreeBusy)
      .OnTimer(kActivityReminder, RemindOfActivity)
      .OnTimer(kActivityPassing, PassActivity)
      .Read(HandleAddBusinessTime)
      .Read(environment.page_tokens, HandleListFollowedChanges)
      .Read(environment.page_tokens, HandleListTimeline)
      .Read(HandleRunView)
      .Read(HandleExportSchemaGraph)
      .Read(HandleExportPipelineGraph)
      .Read(HandleImportPipelineGraph)
      .Read(HandleExportOrganizationGraph)
      .Read(HandleImportOrganizationGraph)
      .Mutate(HandleActivateAutomation)
      .Read(HandleTestAutomation)
      .OnEvent(StartAutomations)
      .OnEvent(NoticeChange)
      .OnTimer(kFollowerNotice, TellFollowers)
      .Keeps(AutomationBudgetTable())
      .OnTimer(kAutomationOverrun, PauseOverrunAutomation(environment.metrics))
      .OnTimer(kAutomationTimer, RunAutomation)
      .OnTimer(kSequenceTimer, TakeSequenceStep)
      .Mutate(HandleCancelOrder)
      .Mutate(HandleFulfillOrder)
      .Mutate(HandleReceiveOrderReturn)
      .Mutate(HandleIssueInvoice)
      .Mutate(HandlePayInvoice)
      .Mutate(HandleRecordInvoicePayment)
      .Mutate(HandleVoidInvoicePayment)
      .Mutate(HandleVoidInvoice)
      .Keeps(DocumentSeriesTable(kInvoiceSeriesTable))
      .Mutate(HandleIssueCreditNote)
      .Mutate(HandleVoidCreditNote)
      .Keeps(DocumentSeriesTable(kCreditNoteSeriesTable))
      .Mutate(HandleActivateSubscription)
      .Mutate(HandleCancelSubscription)
      .Read(HandleSumRecurringRevenue)
      .OnTimer(kSubscriptionTerm, EndSubscriptionTerm)
      .OnTimer(kSubscriptionTrial, EndSubscriptionTrial)
      .Mutate(HandleRevokeUserSessions);

  service->store_slices = {{"IDENTITY", BuildIdentitySlice},
                           {"COMMERCIAL", BuildCommercialSlice}};
  return service;
}

}  // namespace crm::operational
