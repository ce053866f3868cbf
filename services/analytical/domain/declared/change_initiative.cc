#include "services/analytical/domain/declared/change_initiative.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/analytical/domain/declared/metric.h"
#include "shared/base/errors.h"
#include "shared/reflect/known_api.h"

namespace crm::analytical {
namespace {

using v1::ChangeInitiative;

bool HasEnded(const ChangeInitiative& initiative) {
  return initiative.state() == ChangeInitiative::DONE ||
         initiative.state() == ChangeInitiative::STOPPED;
}

// Whether both say the same of the change and of whom it is for.
bool SameContent(const ChangeInitiative& a, const ChangeInitiative& b) {
  google::protobuf::util::MessageDifferencer differencer;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  for (const int number : {ChangeInitiative::kSponsorFieldNumber,
                           ChangeInitiative::kStartDateFieldNumber,
                           ChangeInitiative::kStakeholdersFieldNumber,
                           ChangeInitiative::kCommunicationsFieldNumber,
                           ChangeInitiative::kTargetUsersFieldNumber,
                           ChangeInitiative::kUsedResourceTypesFieldNumber}) {
    fields.push_back(ChangeInitiative::descriptor()->FindFieldByNumber(number));
  }
  return differencer.CompareWithFields(a, b, fields, fields);
}

class Violations {
 public:
  // Notes `value` at item `i` of `list`, and that it must not come twice.
  void Once(const char* list, int i, const char* field,
            const std::string& value) {
    if (seen_[list].insert(value).second) return;
    Add(list, i, field, "is there already.");
  }

  void Add(const char* list, int i, const char* field,
           const std::string& description) {
    all_.push_back(
        {absl::StrCat("change_initiative.", list, "[", i, "]", field),
         description});
  }

  absl::Status status() const {
    return all_.empty() ? absl::OkStatus() : BadRequest(all_);
  }

 private:
  std::map<std::string, std::set<std::string>> seen_;
  std::vector<FieldViolation> all_;
};

}  // namespace

absl::Status PrepareChangeInitiative(const ChangeInitiative* before,
                                     ChangeInitiative& after,
                                     const RuleContext& /*context*/) {
  if (before != nullptr && HasEnded(*before)) {
    if (SameContent(*before, after)) return absl::OkStatus();
    return FailedPrecondition(
        "INITIATIVE_ENDED",
        absl::StrCat("'", after.name(), "' is ",
                     ChangeInitiative::State_Name(before->state()),
                     "; what it says does not change any more."),
        after.name());
  }
  Violations violations;
  for (int i = 0; i < after.stakeholders_size(); ++i) {
    violations.Once("stakeholders", i, ".party", after.stakeholders(i).party());
  }
  for (int i = 0; i < after.communications_size(); ++i) {
    violations.Once("communications", i, ".communication_id",
                    after.communications(i).communication_id());
  }
  for (int i = 0; i < after.target_users_size(); ++i) {
    violations.Once("target_users", i, "", after.target_users(i));
  }
  for (int i = 0; i < after.used_resource_types_size(); ++i) {
    const std::string& type = after.used_resource_types(i);
    violations.Once("used_resource_types", i, "", type);
    if (FindResourceType(type) == nullptr) {
      violations.Add("used_resource_types", i, "",
                     "is no type of resources, as `crm/Opportunity` is.");
    }
  }
  return violations.status();
}

std::vector<DayRange> PeriodsOf(const DayRange& whole, int days, size_t most) {
  const int64_t count = (whole.last - whole.first) / days + 1;
  const int64_t begin =
      std::max<int64_t>(0, count - static_cast<int64_t>(most));
  std::vector<DayRange> periods;
  for (int64_t i = begin; i < count; ++i) {
    const absl::CivilDay first = whole.first + i * days;
    periods.push_back({first, std::min(first + days - 1, whole.last)});
  }
  return periods;
}

int32_t AdoptionOf(int64_t active, int64_t target) {
  if (target == 0) return 0;
  return static_cast<int32_t>(
      DivideRounded(absl::int128(active) * 1'000'000, target));
}

absl::CivilDay ToCivil(const google::type::Date& date) {
  return absl::CivilDay(date.year(), date.month(), date.day());
}

google::type::Date ToDate(absl::CivilDay day) {
  google::type::Date date;
  date.set_year(static_cast<int32_t>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

}  // namespace crm::analytical
