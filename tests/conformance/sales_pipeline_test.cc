// A year of a company's real sales pipeline, imported from the files that it
// was published in, gives the published figures.

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "crm/operational/v1/account.pb.h"
#include "crm/operational/v1/account_bulk.pb.h"
#include "crm/operational/v1/field_definition.pb.h"
#include "crm/operational/v1/field_definition_transitions.pb.h"
#include "crm/operational/v1/opportunity.pb.h"
#include "crm/operational/v1/opportunity_bulk.pb.h"
#include "crm/operational/v1/opportunity_transitions.pb.h"
#include "shared/resource/import_mapping.h"
#include "tests/conformance/import_fixture.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::platform::v1::ImportResult;

constexpr char kSystem[] = "maven";
constexpr int kCallers = 16;

// Returns a file of the set; nothing where the set is not there.
std::optional<std::string> ReadFile(const std::string& name) {
  const char* folder = std::getenv("CRM_REFERENCE_DATA");
  std::ifstream file(
      absl::StrCat(folder == nullptr ? CRM_DEFAULT_REFERENCE_DATA : folder,
                   "/sales_pipeline/", name));
  if (!file) return std::nullopt;
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

// A deal that is decided, as the file has it.
struct Decision {
  std::string opportunity;
  bool won = false;
  google::type::Date day;
};

// Reads the decisions of the file, by rules of this test's own: no value of it
// has quotes.
std::vector<Decision> DecisionsOf(const std::string& content) {
  std::vector<Decision> decisions;
  for (const absl::string_view line :
       absl::StrSplit(content, absl::ByAnyChar("\r\n"), absl::SkipEmpty())) {
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    if (cells[4] != "Won" && cells[4] != "Lost") continue;
    absl::CivilDay day;
    EXPECT_TRUE(absl::ParseCivilTime(cells[6], &day)) << line;
    Decision& decision = decisions.emplace_back();
    decision.opportunity =
        absl::StrCat("opportunities/", IdOfKey(kSystem, cells[0]));
    decision.won = cells[4] == "Won";
    decision.day.set_year(static_cast<int32_t>(day.year()));
    decision.day.set_month(day.month());
    decision.day.set_day(day.day());
  }
  return decisions;
}

// What is counted of some deals.
struct Tally {
  int won = 0;
  int lost = 0;
  int64_t value = 0;
  double rate() const { return static_cast<double>(won) / (won + lost); }
};

double MeanOf(const std::vector<int64_t>& days) {
  double sum = 0;
  for (const int64_t count : days) sum += static_cast<double>(count);
  return sum / static_cast<double>(days.size());
}

int64_t MedianOf(std::vector<int64_t> days) {
  std::sort(days.begin(), days.end());
  return days[days.size() / 2];
}

class SalesPipeline : public ImportRows {
 protected:
  // Has opportunities keep the day on which the customer was first engaged.
  void DefineEngageDate() {
    const std::string admin =
        authority_.Token("acme", "user:root", {"tenant_admin"});
    const auto field = service_.client().Call<v1::FieldDefinition>(
        "crm.operational.v1.FieldDefinitionService.CreateFieldDefinition",
        Proto<v1::CreateFieldDefinitionRequest>(R"(field_definition {
            display_name: 'Engaged' resource_type: 'crm/Opportunity'
            key: 'engage_date' type: DATE })"),
        {.token = admin});
    ASSERT_THAT(field, IsOk());
    v1::ActivateFieldDefinitionRequest activate;
    activate.set_name(field->name());
    ASSERT_THAT(
        service_.client().Call<v1::FieldDefinition>(
            "crm.operational.v1.FieldDefinitionService.ActivateFieldDefinition",
            activate, {.token = admin}),
        IsOk());
  }

  // Wins and loses what was decided, on its day.
  void Decide(const std::vector<Decision>& decisions) {
    std::atomic<size_t> next = 0;
    std::vector<std::jthread> callers;
    for (int i = 0; i < kCallers; ++i) {
      callers.emplace_back([&] {
        for (size_t at = next++; at < decisions.size(); at = next++) {
          const Decision& decision = decisions[at];
          v1::WinOpportunityRequest win;
          win.set_name(decision.opportunity);
          *win.mutable_close_date() = decision.day;
          v1::LoseOpportunityRequest lose;
          lose.set_name(decision.opportunity);
          lose.set_lost_reason("Lost");
          *lose.mutable_close_date() = decision.day;
          const auto decided =
              decision.won
                  ? Call<v1::Opportunity>(
                        "crm.operational.v1.OpportunityService.WinOpportunity",
                        win)
                  : Call<v1::Opportunity>(
                        "crm.operational.v1.OpportunityService.LoseOpportunity",
                        lose);
          EXPECT_THAT(decided.status(), IsOk()) << decision.opportunity;
        }
      });
    }
  }

  std::vector<v1::Opportunity> Opportunities() {
    v1::ListOpportunitiesRequest request;
    request.set_page_size(1000);
    std::vector<v1::Opportunity> all;
    do {
      const auto page = Call<v1::ListOpportunitiesResponse>(
          "crm.operational.v1.OpportunityService.ListOpportunities", request);
      EXPECT_THAT(page, IsOk());
      if (!page.ok()) break;
      all.insert(all.end(), page->opportunities().begin(),
                 page->opportunities().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return all;
  }
};

TEST_F(SalesPipeline, A10_AYearOfRealDealsGivesThePublishedFigures) {
  const auto accounts = ReadFile("accounts.csv");
  const auto deals = ReadFile("sales_pipeline.csv");
  if (!accounts.has_value() || !deals.has_value()) {
    GTEST_SKIP() << "skipped: no reference data";
  }
  DefineEngageDate();
  const auto import_accounts = [&] {
    return ResultOf<ImportResult>(Import<v1::ImportAccountsRequest>(
        "AccountBulkService.ImportAccounts", R"(
            format: CSV mode: UPSERT system: 'maven'
            columns { column: 'account' field: 'name' key: true }
            columns { column: 'account' field: 'display_name' }
            columns { column: 'sector' field: 'industry' }
            columns { column: 'employees' field: 'employee_count' }
            columns { column: 'subsidiary_of' field: 'parent_account'
                      key: true })",
        *accounts));
  };
  // An account that comes before the one that it belongs to waits for the
  // second run.
  const ImportResult first = import_accounts();
  const ImportResult second = import_accounts();
  ASSERT_EQ(first.row_count(), 85);
  ASSERT_EQ(second.failed_count(), 0);
  ASSERT_EQ(first.created_count() + second.created_count(), 85);

  const ImportResult imported =
      ResultOf<ImportResult>(Import<v1::ImportOpportunitiesRequest>(
          "OpportunityBulkService.ImportOpportunities", R"(
              format: CSV mode: UPSERT system: 'maven'
              columns { column: 'opportunity_id' field: 'name' key: true }
              columns { column: 'opportunity_id' field: 'display_name' }
              columns { column: 'sales_agent' field: 'labels.agent' }
              columns { column: 'product' field: 'labels.product' }
              columns { column: 'deal_stage' field: 'labels.stage' }
              columns { column: 'account' field: 'account' key: true }
              columns { column: 'engage_date'
                        field: 'custom_fields.engage_date' }
              columns { column: 'close_value' field: 'amount' }
              constants { key: 'amount.currency_code' value: 'USD' })",
          *deals, 100'000));
  ASSERT_THAT(imported, EqualsProto("state: SUCCEEDED row_count: 8800 "
                                    "created_count: 8800"));
  Decide(DecisionsOf(*deals));

  Tally all;
  std::map<std::string, int> open;
  std::map<std::string, Tally> agents;
  std::map<std::string, Tally> products;
  std::map<int, Tally> quarters;
  std::vector<int64_t> days_won;
  std::vector<int64_t> days_lost;
  int without_account = 0;
  for (const v1::Opportunity& deal : Opportunities()) {
    without_account += deal.account().empty();
    if (deal.state() == v1::Opportunity::OPEN) {
      ++open[deal.labels().at("stage")];
      continue;
    }
    const bool won = deal.state() == v1::Opportunity::WON;
    for (Tally* tally : {&all, &agents[deal.labels().at("agent")],
                         &products[deal.labels().at("product")],
                         &quarters[(deal.close_date().month() - 1) / 3 + 1]}) {
      ++(won ? tally->won : tally->lost);
      if (won) tally->value += deal.amount().units();
    }
    absl::CivilDay engaged;
    ASSERT_TRUE(absl::ParseCivilTime(
        deal.custom_fields().at("engage_date").date_value(), &engaged));
    const absl::CivilDay closed(deal.close_date().year(),
                                deal.close_date().month(),
                                deal.close_date().day());
    (won ? days_won : days_lost).push_back(closed - engaged);
  }

  EXPECT_EQ(without_account, 1'425);
  EXPECT_EQ(all.won, 4'238);
  EXPECT_EQ(all.lost, 2'473);
  EXPECT_EQ(open["Engaging"], 1'589);
  EXPECT_EQ(open["Prospecting"], 500);
  EXPECT_NEAR(all.rate(), 0.631501, 1e-6);
  EXPECT_EQ(all.value, 10'005'534);
  EXPECT_NEAR(static_cast<double>(all.value) / all.won, 2'360.91, 0.005);
  EXPECT_NEAR(MeanOf(days_won), 51.782, 0.0005);
  EXPECT_NEAR(MeanOf(days_lost), 41.479, 0.0005);
  EXPECT_EQ(MedianOf(days_won), 57);
  EXPECT_EQ(MedianOf(days_lost), 14);
  const std::map<int, std::pair<int, int64_t>> published = {
      {1, {531, 1'134'672}},
      {2, {1'254, 3'086'111}},
      {3, {1'257, 2'982'255}},
      {4, {1'196, 2'802'496}}};
  for (const auto& [quarter, figures] : published) {
    EXPECT_EQ(quarters[quarter].won, figures.first) << quarter;
    EXPECT_EQ(quarters[quarter].value, figures.second) << quarter;
  }
  for (const auto& [agent, won, lost] :
       {std::tuple("Anna Snelling", 208, 128), std::tuple("Boris Faz", 101, 52),
        std::tuple("Cassey Cress", 163, 98),
        std::tuple("Cecily Lampkin", 107, 53)}) {
    EXPECT_EQ(agents[agent].won, won) << agent;
    EXPECT_EQ(agents[agent].lost, lost) << agent;
  }
  const auto top = std::max_element(
      agents.begin(), agents.end(), [](const auto& one, const auto& other) {
        return one.second.value < other.second.value;
      });
  EXPECT_EQ(top->first, "Darcel Schlecht");
  EXPECT_EQ(top->second.value, 1'153'214);
  const auto best = std::max_element(
      agents.begin(), agents.end(), [](const auto& one, const auto& other) {
        return one.second.rate() < other.second.rate();
      });
  EXPECT_EQ(best->first, "Hayden Neloms");
  EXPECT_NEAR(best->second.rate(), 0.70395, 1e-5);
  EXPECT_NEAR(products["GTK 500"].rate(), 0.600, 1e-5);
  EXPECT_NEAR(products["MG Special"].rate(), 0.64841, 1e-5);
}

}  // namespace
}  // namespace crm::testing
