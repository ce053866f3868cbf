#include "services/operational/handlers/credited.h"

#include "crm/operational/v1/user.pb.h"
#include "shared/base/status_macros.h"
#include "shared/resource/row_scan.h"

namespace crm::operational {
namespace {

using ::google::protobuf::Message;

constexpr int64_t kMaxTeams = 10'000;

}  // namespace

Credited::Credited(const ReadView& view, const CallContext& call)
    : all_(view.reader(), view.catalog(), view.tenant()), call_(call) {}

absl::Status Credited::ReadTeams(const std::string& only) {
  if (!only.empty()) {
    CRM_RETURN_IF_ERROR(all_.GetLive<v1::Team>(only).status());
  }
  CRM_ASSIGN_OR_RETURN(const auto teams, AllTeams());
  for (const auto& [name, team] : teams) {
    // The team and those above it, each once, even if two writers had put
    // them in a circle.
    std::set<std::string> holders;
    for (auto at = teams.find(name);
         at != teams.end() && holders.insert(at->first).second;
         at = teams.find(at->second.parent_team())) {
    }
    if (!only.empty()) {
      if (!holders.contains(only)) continue;
      holders = {only};
    }
    for (const std::string& member : team.members()) {
      CRM_ASSIGN_OR_RETURN(const std::string subject, SubjectOf(member));
      teams_[subject].insert(holders.begin(), holders.end());
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::map<std::string, v1::Team>> Credited::AllTeams() const {
  // Scans ask the rules of a caller only where there is one.
  CallContext everything = call_;
  everything.caller = nullptr;
  std::map<std::string, v1::Team> teams;
  CRM_RETURN_IF_ERROR(
      ScanRows(all_, everything, *all_.catalog().Find(v1::Team::descriptor()),
               kMaxTeams, [&](const Message& row) {
                 const auto& team = static_cast<const v1::Team&>(row);
                 teams.emplace(team.name(), team);
                 return absl::OkStatus();
               }));
  return teams;
}

absl::StatusOr<std::string> Credited::SubjectOf(const std::string& user) {
  const auto [known, added] = subjects_.try_emplace(user);
  if (added) {
    const auto found = all_.Get<v1::User>(user);
    if (!found.ok() && !absl::IsNotFound(found.status())) {
      return found.status();
    }
    known->second = found.ok() ? found->subject() : user;
  }
  return known->second;
}

const std::set<std::string>& Credited::TeamsOf(
    const std::string& subject) const {
  static const auto& none = *new std::set<std::string>();
  const auto teams = teams_.find(subject);
  return teams == teams_.end() ? none : teams->second;
}

}  // namespace crm::operational
