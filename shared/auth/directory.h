// The users, teams and roles of one tenant, and what a caller is by them.

#ifndef CRM_SHARED_AUTH_DIRECTORY_H_
#define CRM_SHARED_AUTH_DIRECTORY_H_

#include <map>
#include <memory>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "shared/auth/caller.h"
#include "shared/auth/roles.h"
#include "shared/call/principal.h"

namespace crm {

// Says what callers may do. Thread-safe.
class CallerSource {
 public:
  virtual ~CallerSource() = default;

  // Returns what `principal` may do now. Returns PERMISSION_DENIED
  // (USER_DISABLED) for the subject of a disabled or deleted user,
  // UNAUTHENTICATED (TOKEN_REVOKED) for a token that was revoked, or is from
  // before the user's sessions were ended, and UNAVAILABLE if it cannot be
  // known.
  virtual absl::StatusOr<std::shared_ptr<const Caller>> Find(
      const Principal& principal) = 0;
};

// What a directory is made of.
struct DirectoryContent {
  struct User {
    // `users/ada`.
    std::string name;
    std::string subject;
    std::vector<std::string> roles;
    std::map<std::string, std::string> labels;
    // Disabled or deleted.
    bool shut_out = false;
    // Tokens from before are refused.
    absl::Time sessions_from = absl::InfinitePast();
  };
  struct Team {
    std::string name;
    std::string parent;
    // Names of users.
    std::string manager;
    std::vector<std::string> members;
  };
  // Tokens that are refused: those of a session, or of a subject in it; without
  // a session those of a subject that were issued by `time`.
  struct Revocation {
    std::string subject;
    std::string session_id;
    absl::Time time;
  };

  std::vector<User> users;
  std::vector<Team> teams;
  // The tenant's own roles.
  std::vector<RoleDefinition> roles;
  // Those that still count.
  std::vector<Revocation> revocations;
};

// One state of a tenant's directory. A caller has the roles that his token
// names and those that his user is given: the tenant's identity provider and
// its administrators may both let somebody in, and disabling the user keeps him
// out whatever the token says. Thread-safe; immutable but for what it remembers
// of callers.
class Directory final : public CallerSource {
 public:
  Directory(std::shared_ptr<const RoleTable> built_in,
            DirectoryContent content);

  absl::StatusOr<std::shared_ptr<const Caller>> Find(
      const Principal& principal) override;

  // Returns the users, the disabled and deleted ones among them, by name.
  const std::vector<DirectoryContent::User>& users() const { return users_; }

 private:
  using User = DirectoryContent::User;

  // Callers beyond this many make the others be forgotten.
  static constexpr size_t kMaxCallers = 10'000;

  const User* FindUser(const std::string& subject) const;
  bool Revoked(const Principal& principal) const;
  std::set<std::string> TeamSubjects(const std::string& subject,
                                     const User* user) const;
  const RoleDefinition* FindRole(const std::string& name) const;

  const std::shared_ptr<const RoleTable> built_in_;
  std::vector<User> users_;
  std::map<std::string, const User*> by_subject_;
  std::map<std::string, const User*> by_name_;
  std::map<std::string, DirectoryContent::Team> teams_;
  // Teams by the team above them.
  std::multimap<std::string, std::string> parts_;
  std::map<std::string, RoleDefinition> roles_;
  // Revocations by session, and those without one by subject.
  std::multimap<std::string, DirectoryContent::Revocation> revoked_sessions_;
  std::map<std::string, absl::Time> revoked_subjects_;

  std::shared_mutex mutex_;
  std::map<std::string, std::shared_ptr<const Caller>, std::less<>> callers_;
};

}  // namespace crm

#endif  // CRM_SHARED_AUTH_DIRECTORY_H_
