// The users and teams of a tenant, whom sales are credited to.

#ifndef CRM_SERVICES_OPERATIONAL_HANDLERS_CREDITED_H_
#define CRM_SERVICES_OPERATIONAL_HANDLERS_CREDITED_H_

#include <map>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "crm/operational/v1/team.pb.h"
#include "shared/call/call.h"
#include "shared/resource/read_view.h"

namespace crm::operational {

// Finds out who is credited. Sees all users and teams, also those that the
// caller may not read: which team somebody is in decides what a sum is of.
// Thread-compatible.
class Credited {
 public:
  // `view` and `call` outlive this.
  Credited(const ReadView& view, const CallContext& call);

  // Reads who is in which team. With `only`, all teams but that one are left
  // out; NOT_FOUND if there is no live one of the name.
  absl::Status ReadTeams(const std::string& only);

  // Returns the subject of a user; that of one who is gone is the name.
  absl::StatusOr<std::string> SubjectOf(const std::string& user);

  // Returns the teams that a subject is in, as a member or as one of a team
  // below. Requires ReadTeams().
  const std::set<std::string>& TeamsOf(const std::string& subject) const;

 private:
  // Returns the live teams by their names.
  absl::StatusOr<std::map<std::string, v1::Team>> AllTeams() const;

  const ReadView all_;
  const CallContext& call_;
  std::map<std::string, std::string> subjects_;
  std::map<std::string, std::set<std::string>> teams_;
};

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_HANDLERS_CREDITED_H_
