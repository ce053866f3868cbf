// The methods of ExchangeRateService that the kernel does not serve, and the
// rates for others that convert.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_EXCHANGE_RATE_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_EXCHANGE_RATE_H_

#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "crm/operational/v1/exchange_rate.pb.h"
#include "services/operational/domain/exchange_rate.h"
#include "shared/call/call.h"
#include "shared/resource/read_view.h"

namespace crm::operational {

// The exchange rates that a view shows, by day. Remembers what it has found.
// Thread-compatible.
class DatedRates {
 public:
  // `view` outlives this.
  explicit DatedRates(const ReadView& view) : view_(view) {}

  // Returns how amounts in `from` become amounts in `to` by the rates of `day`,
  // as ConvertMoney says; `via` may be empty. Returns FAILED_PRECONDITION
  // (NO_EXCHANGE_RATE) where there are none.
  absl::StatusOr<Conversion> Find(const std::string& from,
                                  const std::string& to, absl::CivilDay day,
                                  const std::string& via = "");

 private:
  using Found = absl::StatusOr<std::optional<Conversion>>;

  // The last rate of exactly this pair that begins by `day`.
  Found Direct(const std::string& from, const std::string& to,
               absl::CivilDay day) const;
  // That, or the inverse of the other way.
  Found Leg(const std::string& from, const std::string& to,
            absl::CivilDay day) const;
  Found Over(const std::string& via, const std::string& from,
             const std::string& to, absl::CivilDay day) const;
  Found OverAny(const std::string& from, const std::string& to,
                absl::CivilDay day) const;
  Found Look(const std::string& from, const std::string& to, absl::CivilDay day,
             const std::string& via) const;

  const ReadView& view_;
  std::map<std::string, std::optional<Conversion>> known_;
};

// Serves the method of its request; see the proto for what it returns.
absl::StatusOr<v1::ConvertMoneyResponse> HandleConvertMoney(
    const ReadView& view, const CallContext& call,
    const v1::ConvertMoneyRequest& request);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_EXCHANGE_RATE_H_
