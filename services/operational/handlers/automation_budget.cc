#include "services/operational/handlers/automation_budget.h"

#include <cstdint>
#include <variant>

#include "services/operational/domain/automation_budget.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

absl::StatusOr<std::optional<RunWindow>> ReadWindow(
    const Transaction& transaction, const v1::Automation& automation) {
  CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                       transaction.writer().Query(
                           "SELECT start_time, runs FROM "
                           "automation_budget WHERE tenant = ? AND "
                           "automation = ?",
                           {transaction.view().tenant(), automation.name()}));
  if (rows.empty()) return std::nullopt;
  return RunWindow{.start = absl::FromUnixMicros(std::get<int64_t>(rows[0][0])),
                   .runs = std::get<int64_t>(rows[0][1])};
}

}  // namespace

SqlTable AutomationBudgetTable() {
  return {.name = "automation_budget",
          .columns = {{"tenant", SqlType::kText, false},
                      {"automation", SqlType::kText, false},
                      {"start_time", SqlType::kInteger, false},
                      {"runs", SqlType::kInteger, false}},
          .primary_key = {"tenant", "automation"}};
}

absl::StatusOr<std::optional<absl::Time>> TakeRun(
    Transaction& transaction, const v1::Automation& automation) {
  CRM_ASSIGN_OR_RETURN(const std::optional<RunWindow> window,
                       ReadWindow(transaction, automation));
  const RunGrant grant = GrantRun(automation, window, transaction.now());
  if (!grant.time.has_value()) {
    transaction.Schedule(kAutomationOverrun, automation.name(),
                         transaction.now());
    return std::nullopt;
  }
  CRM_RETURN_IF_ERROR(transaction.writer().Post(
      "INSERT INTO automation_budget (tenant, automation, start_time, runs) "
      "VALUES (?, ?, ?, ?) ON CONFLICT (tenant, automation) DO UPDATE SET "
      "start_time = excluded.start_time, runs = excluded.runs",
      {transaction.view().tenant(), automation.name(),
       absl::ToUnixMicros(grant.window.start), grant.window.runs}));
  return grant.time;
}

TimerBody PauseOverrunAutomation(MetricRegistry& metrics) {
  Counter& overruns = metrics.AddCounter(
      "crm_automation_overruns_total",
      "Automations that were paused as they had spent their budget of runs.");
  return [&overruns](Transaction& transaction, const Timer& timer) {
    auto automation = transaction.view().GetLive<v1::Automation>(timer.key);
    if (absl::IsNotFound(automation.status())) return absl::OkStatus();
    CRM_RETURN_IF_ERROR(automation.status());
    if (!PauseOverBudget(*automation, transaction.now())) {
      return absl::OkStatus();
    }
    transaction.Update(*automation);
    CRM_RETURN_IF_ERROR(transaction.status());
    overruns.Increment();
    return absl::OkStatus();
  };
}

}  // namespace crm::operational
