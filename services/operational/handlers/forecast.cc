// OpportunityService.ForecastOpportunities: adds up the opportunities that the
// caller may read. What counts and how is said in domain/forecast.h; this file
// finds the rows, the users and teams that they are credited to, and the rates.

#include "services/operational/domain/forecast.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/operational/domain/calendar_day.h"
#include "services/operational/handlers/base_currency.h"
#include "services/operational/handlers/credited.h"
#include "services/operational/handlers/exchange_rate.h"
#include "services/operational/handlers/opportunity.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"
#include "shared/base/money.h"
#include "shared/base/status_macros.h"
#include "shared/resource/row_scan.h"

namespace crm::operational {
namespace {

using ::google::protobuf::Message;
using Request = v1::ForecastOpportunitiesRequest;
using Holder = ForecastSums::Holder;

constexpr int64_t kMaxOpportunities = 200'000;
// The fields whose values the sums tell.
constexpr const char* kSummed[] = {
    "amount", "close_date", "forecast_category",      "owner",     "pipeline",
    "splits", "state",      "probability_millionths", "close_time"};

// Adds one opportunity after the other to the sums. Thread-compatible.
class Forecaster {
 public:
  Forecaster(const ReadView& view, const CallContext& call,
             const Request& request)
      : view_(view),
        call_(call),
        request_(request),
        credited_(view, call),
        rates_(view) {}

  absl::Status Begin() {
    target_ = request_.currency_code();
    if (target_.empty() && !request_.keep_currencies()) {
      CRM_ASSIGN_OR_RETURN(target_, BaseCurrencyOn(view_, DayOf(call_.now)));
    }
    if (!by_team() && request_.team().empty()) return absl::OkStatus();
    return credited_.ReadTeams(request_.team());
  }

  absl::Status Add(const v1::Opportunity& opportunity) {
    if (!request_.pipeline().empty() &&
        request_.pipeline() != opportunity.pipeline()) {
      return absl::OkStatus();
    }
    const auto entry = EntryOf(opportunity, request_);
    if (!entry.has_value()) return absl::OkStatus();
    CRM_ASSIGN_OR_RETURN(const auto amount,
                         InTarget(opportunity.amount(), *entry));
    const ForecastAmount whole = Weigh(ToNanos(amount), *entry);
    ForecastAmount counted;
    bool counts = false;
    for (const Credit& credit : CreditsOf(opportunity, whole)) {
      std::string subject = opportunity.owner();
      if (!credit.user.empty()) {
        CRM_ASSIGN_OR_RETURN(subject, credited_.SubjectOf(credit.user));
      }
      if (!Concerns(subject)) continue;
      counts = true;
      counted.nanos += credit.amount.nanos;
      counted.weighted_nanos += credit.amount.weighted_nanos;
      CRM_RETURN_IF_ERROR(
          AddCredit(subject, *entry, amount.currency_code(), credit.amount));
    }
    return counts ? totals_.Add("", *entry, amount.currency_code(), counted)
                  : absl::OkStatus();
  }

  absl::StatusOr<v1::ForecastOpportunitiesResponse> Response() const {
    v1::ForecastOpportunitiesResponse response;
    CRM_ASSIGN_OR_RETURN(
        const auto rows,
        sums_.Rows(by_team() ? Holder::kTeam : Holder::kOwner));
    CRM_ASSIGN_OR_RETURN(const auto totals, totals_.Rows(Holder::kOwner));
    response.mutable_rows()->Assign(rows.begin(), rows.end());
    response.mutable_totals()->Assign(totals.begin(), totals.end());
    response.mutable_exchange_rates()->Assign(used_.begin(), used_.end());
    return response;
  }

 private:
  bool by_team() const { return request_.grouping() == Request::TEAM; }

  absl::StatusOr<google::type::Money> InTarget(
      const google::type::Money& amount, const ForecastEntry& entry) {
    if (target_.empty() || target_ == amount.currency_code()) return amount;
    const absl::CivilDay day = request_.has_rate_date()
                                   ? ToDay(request_.rate_date())
                                   : entry.close_day;
    CRM_ASSIGN_OR_RETURN(const Conversion conversion,
                         rates_.Find(amount.currency_code(), target_, day));
    used_.insert(conversion.rates.begin(), conversion.rates.end());
    return Convert(amount, conversion, target_);
  }

  bool Concerns(const std::string& subject) const {
    return (request_.owner().empty() || request_.owner() == subject) &&
           (request_.team().empty() || !credited_.TeamsOf(subject).empty());
  }

  absl::Status AddCredit(const std::string& subject, const ForecastEntry& entry,
                         const std::string& currency,
                         const ForecastAmount& amount) {
    if (!by_team()) return sums_.Add(subject, entry, currency, amount);
    const std::set<std::string>& teams = credited_.TeamsOf(subject);
    if (teams.empty()) return sums_.Add("", entry, currency, amount);
    for (const std::string& team : teams) {
      CRM_RETURN_IF_ERROR(sums_.Add(team, entry, currency, amount));
    }
    return absl::OkStatus();
  }

  const ReadView& view_;
  const CallContext& call_;
  const Request& request_;
  // The currency of all sums; empty where each is by itself.
  std::string target_;
  Credited credited_;
  DatedRates rates_;
  ForecastSums sums_;
  ForecastSums totals_;
  std::set<std::string> used_;
};

}  // namespace

absl::StatusOr<v1::ForecastOpportunitiesResponse> HandleForecastOpportunities(
    const ReadView& view, const CallContext& call, const Request& request) {
  CRM_RETURN_IF_ERROR(CheckForecast(request));
  const Resource& opportunities =
      *view.catalog().Find(v1::Opportunity::descriptor());
  for (const char* field : kSummed) {
    CRM_RETURN_IF_ERROR(CheckSummable(view, call, opportunities, field));
  }
  Forecaster forecaster(view, call, request);
  CRM_RETURN_IF_ERROR(forecaster.Begin());
  CRM_RETURN_IF_ERROR(ScanRows(
      view, call, opportunities, kMaxOpportunities, [&](const Message& row) {
        return forecaster.Add(static_cast<const v1::Opportunity&>(row));
      }));
  CRM_ASSIGN_OR_RETURN(v1::ForecastOpportunitiesResponse response,
                       forecaster.Response());
  *response.mutable_as_of_time() = ToTimestamp(call.now);
  return response;
}

}  // namespace crm::operational
