#include "shared/auth/directory.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"

namespace crm {
namespace {

// What distinguishes callers of one directory.
std::string KeyOf(const Principal& principal) {
  std::string key = principal.subject;
  for (const std::string& role : principal.roles) {
    absl::StrAppend(&key, "\n", role);
  }
  if (!principal.customer.empty()) {
    absl::StrAppend(&key, "\n\n", principal.customer);
  }
  return key;
}

}  // namespace

Directory::Directory(std::shared_ptr<const RoleTable> built_in,
                     DirectoryContent content)
    : built_in_(std::move(built_in)), users_(std::move(content.users)) {
  std::sort(users_.begin(), users_.end(),
            [](const User& a, const User& b) { return a.name < b.name; });
  for (const User& user : users_) {
    by_name_[user.name] = &user;
    // A live user counts before a deleted one of the same subject.
    const User*& known = by_subject_[user.subject];
    if (known == nullptr || known->shut_out) known = &user;
  }
  for (DirectoryContent::Team& team : content.teams) {
    if (!team.parent.empty()) parts_.emplace(team.parent, team.name);
    std::string name = team.name;
    teams_.insert_or_assign(std::move(name), std::move(team));
  }
  for (RoleDefinition& role : content.roles) {
    // A role that breaks the rules grants nothing.
    RoleTable checked;
    if (!checked.Add(role).ok()) continue;
    std::string name = role.name;
    roles_.insert_or_assign(std::move(name), std::move(role));
  }
  for (DirectoryContent::Revocation& one : content.revocations) {
    if (one.session_id.empty()) {
      absl::Time& until =
          revoked_subjects_.try_emplace(one.subject, one.time).first->second;
      until = std::max(until, one.time);
      continue;
    }
    std::string session_id = one.session_id;
    revoked_sessions_.emplace(std::move(session_id), std::move(one));
  }
}

bool Directory::Revoked(const Principal& principal) const {
  const auto subject = revoked_subjects_.find(principal.subject);
  if (subject != revoked_subjects_.end() &&
      principal.issue_time <= subject->second) {
    return true;
  }
  const auto [first, last] =
      revoked_sessions_.equal_range(principal.session_id);
  return std::any_of(first, last, [&](const auto& session) {
    return session.second.subject.empty() ||
           session.second.subject == principal.subject;
  });
}

const DirectoryContent::User* Directory::FindUser(
    const std::string& subject) const {
  const auto found = by_subject_.find(subject);
  return found == by_subject_.end() ? nullptr : found->second;
}

const RoleDefinition* Directory::FindRole(const std::string& name) const {
  // Built-in names are taken: a tenant cannot change what they mean.
  if (const RoleDefinition* role = built_in_->Find(name)) return role;
  const auto found = roles_.find(name);
  return found == roles_.end() ? nullptr : &found->second;
}

std::set<std::string> Directory::TeamSubjects(const std::string& subject,
                                              const User* user) const {
  std::set<std::string> subjects = {subject};
  if (user == nullptr) return subjects;
  std::vector<std::string> open;
  for (const auto& [name, team] : teams_) {
    if (team.manager == user->name ||
        std::find(team.members.begin(), team.members.end(), user->name) !=
            team.members.end()) {
      open.push_back(name);
    }
  }
  std::set<std::string> seen(open.begin(), open.end());
  while (!open.empty()) {
    const auto team = teams_.find(open.back());
    const auto [first, last] = parts_.equal_range(open.back());
    open.pop_back();
    for (auto part = first; part != last; ++part) {
      if (seen.insert(part->second).second) open.push_back(part->second);
    }
    if (team == teams_.end()) continue;
    std::vector<std::string> people = team->second.members;
    people.push_back(team->second.manager);
    for (const std::string& name : people) {
      const auto found = by_name_.find(name);
      if (found != by_name_.end()) subjects.insert(found->second->subject);
    }
  }
  return subjects;
}

absl::StatusOr<std::shared_ptr<const Caller>> Directory::Find(
    const Principal& principal) {
  const User* user = principal.system ? nullptr : FindUser(principal.subject);
  if (user != nullptr && user->shut_out) {
    return PermissionDenied("USER_DISABLED",
                            "Your user is disabled; ask an administrator of "
                            "your organisation.");
  }
  if ((user != nullptr && principal.issue_time < user->sessions_from) ||
      Revoked(principal)) {
    return Unauthenticated("TOKEN_REVOKED",
                           "This token was revoked, or its session ended; sign "
                           "in again.");
  }
  const std::string key = KeyOf(principal);
  {
    std::shared_lock lock(mutex_);
    const auto found = callers_.find(key);
    if (found != callers_.end()) return found->second;
  }
  CallerIdentity identity{
      .tenant = principal.tenant,
      .subject = principal.subject,
      .user = user == nullptr ? "" : user->name,
      .customer = principal.customer,
      .labels = {},
      .team_subjects = TeamSubjects(principal.subject, user)};
  std::set<std::string> names(principal.roles.begin(), principal.roles.end());
  if (user != nullptr) {
    identity.labels = user->labels;
    names.insert(user->roles.begin(), user->roles.end());
    // What is internal is for the suite's own processes alone.
    if (!principal.system) names.erase("system");
  }
  std::vector<RoleDefinition> roles;
  for (const std::string& name : names) {
    if (const RoleDefinition* role = FindRole(name)) roles.push_back(*role);
  }
  auto caller = std::make_shared<const Caller>(std::move(identity),
                                               std::move(roles), built_in_);
  std::lock_guard lock(mutex_);
  if (callers_.size() >= kMaxCallers) callers_.clear();
  callers_.insert_or_assign(key, caller);
  return caller;
}

}  // namespace crm
