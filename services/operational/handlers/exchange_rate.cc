#include "services/operational/handlers/exchange_rate.h"

#include "absl/strings/str_cat.h"
#include "services/operational/domain/calendar_day.h"
#include "services/operational/handlers/base_currency.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::operational {
namespace {

// The most currencies that a way between two others is looked for over.
constexpr int kMaxHubs = 200;

const std::string& TableOf(const ReadView& view) {
  return view.catalog().Find(v1::ExchangeRate::descriptor())->schema.table();
}

}  // namespace

absl::StatusOr<Conversion> DatedRates::Find(const std::string& from,
                                            const std::string& to,
                                            absl::CivilDay day,
                                            const std::string& via) {
  if (from == to) return Conversion();
  const auto [known, added] =
      known_.try_emplace(absl::StrCat(RateKey(from, to, day), "/", via));
  if (added) {
    CRM_ASSIGN_OR_RETURN(known->second, Look(from, to, day, via));
  }
  if (known->second.has_value()) return *known->second;
  return FailedPrecondition(
      "NO_EXCHANGE_RATE",
      absl::StrCat("There is no exchange rate that leads from '", from,
                   "' to '", to, "' on ", FormatDay(day),
                   "; create one that begins by then."),
      "",
      {{"from_currency_code", from},
       {"to_currency_code", to},
       {"date", FormatDay(day)}});
}

DatedRates::Found DatedRates::Look(const std::string& from,
                                   const std::string& to, absl::CivilDay day,
                                   const std::string& via) const {
  CRM_ASSIGN_OR_RETURN(std::optional<Conversion> found, Leg(from, to, day));
  if (found.has_value()) return found;
  return via.empty() ? OverAny(from, to, day) : Over(via, from, to, day);
}

DatedRates::Found DatedRates::Direct(const std::string& from,
                                     const std::string& to,
                                     absl::CivilDay day) const {
  CRM_ASSIGN_OR_RETURN(
      const SqlRows rows,
      view_.reader().Query(
          absl::StrCat("SELECT name FROM ", TableOf(view_),
                       " WHERE tenant = ? AND c_rate_key > ? AND "
                       "c_rate_key <= ? ORDER BY c_rate_key DESC LIMIT 1"),
          {view_.tenant(), absl::StrCat(from, "/", to, "/"),
           RateKey(from, to, day)}));
  if (rows.empty()) return std::nullopt;
  const auto rate =
      view_.GetLive<v1::ExchangeRate>(std::get<std::string>(rows[0][0]));
  // One that the caller may not read is none.
  if (absl::IsNotFound(rate.status())) return std::nullopt;
  CRM_RETURN_IF_ERROR(rate.status());
  return ByRate(*rate);
}

DatedRates::Found DatedRates::Leg(const std::string& from,
                                  const std::string& to,
                                  absl::CivilDay day) const {
  CRM_ASSIGN_OR_RETURN(const std::optional<Conversion> there,
                       Direct(from, to, day));
  if (there.has_value()) return there;
  CRM_ASSIGN_OR_RETURN(const std::optional<Conversion> back,
                       Direct(to, from, day));
  if (!back.has_value()) return std::nullopt;
  return Inverse(*back);
}

DatedRates::Found DatedRates::Over(const std::string& via,
                                   const std::string& from,
                                   const std::string& to,
                                   absl::CivilDay day) const {
  CRM_ASSIGN_OR_RETURN(const std::optional<Conversion> first,
                       Leg(from, via, day));
  if (!first.has_value()) return std::nullopt;
  CRM_ASSIGN_OR_RETURN(const std::optional<Conversion> second,
                       Leg(via, to, day));
  if (!second.has_value()) return std::nullopt;
  return Chain(*first, *second);
}

DatedRates::Found DatedRates::OverAny(const std::string& from,
                                      const std::string& to,
                                      absl::CivilDay day) const {
  const std::string sql =
      absl::StrCat("SELECT c_base_currency_code FROM ", TableOf(view_),
                   " WHERE tenant = ? AND c_base_currency_code > ? "
                   "ORDER BY c_base_currency_code LIMIT 1");
  std::string hub;
  for (int i = 0; i < kMaxHubs; ++i) {
    CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                         view_.reader().Query(sql, {view_.tenant(), hub}));
    if (rows.empty()) break;
    hub = std::get<std::string>(rows[0][0]);
    CRM_ASSIGN_OR_RETURN(std::optional<Conversion> found,
                         Over(hub, from, to, day));
    if (found.has_value()) return found;
  }
  return std::nullopt;
}

absl::StatusOr<v1::ConvertMoneyResponse> HandleConvertMoney(
    const ReadView& view, const CallContext& call,
    const v1::ConvertMoneyRequest& request) {
  const absl::CivilDay day =
      request.has_date() ? ToDay(request.date()) : DayOf(call.now);
  std::string currency = request.currency_code();
  if (currency.empty()) {
    CRM_ASSIGN_OR_RETURN(currency, BaseCurrencyOn(view, day));
  }
  if (currency.empty()) {
    return FailedPrecondition(
        "NO_BASE_CURRENCY",
        absl::StrCat("There is no base currency on ", FormatDay(day),
                     ": name a currency, or create one of baseCurrencies/*."),
        "baseCurrencies");
  }
  CRM_ASSIGN_OR_RETURN(
      const Conversion conversion,
      DatedRates(view).Find(request.amount().currency_code(), currency, day,
                            request.via_currency_code()));
  v1::ConvertMoneyResponse response;
  CRM_ASSIGN_OR_RETURN(*response.mutable_amount(),
                       Convert(request.amount(), conversion, currency));
  response.set_rate(RateText(conversion));
  *response.mutable_rate_date() = FromDay(conversion.day.value_or(day));
  response.mutable_exchange_rates()->Assign(conversion.rates.begin(),
                                            conversion.rates.end());
  return response;
}

}  // namespace crm::operational
