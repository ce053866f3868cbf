// crm.profile.v1.ProfileService: one customer as all services see it.

#ifndef CRM_GATEWAY_LOCAL_PROFILE_SERVICE_H_
#define CRM_GATEWAY_LOCAL_PROFILE_SERVICE_H_

#include <memory>
#include <string>

#include "gateway/http/event_loop.h"
#include "gateway/local/profile_access.h"
#include "gateway/local/slice_reader.h"
#include "gateway/proxy/message_call.h"
#include "shared/auth/roles.h"
#include "shared/base/clock.h"
#include "shared/cache/slice_cache.h"

namespace crm::gateway {

// What the service works with. All that is referred to must outlive it.
struct ProfileServiceParts {
  EventLoop& loop;
  const Clock& clock;
  const RoleTable& roles;
  // The secret of consistency tokens.
  std::string secret;
  SliceReader& reader;
  // Null when there is no cache: owners are then asked each time.
  SliceCache* cache = nullptr;
  // Whether the audit trail tells of the reads of all callers.
  bool all_audited = false;
};

// Reads the cache, asks owners for what is not fresh there, and composes.
// Callers who do not see all rows are answered by the owners alone. Never fails
// only because a cache or an owner is down. Loop thread only.
class ProfileService final : public CallTarget {
 public:
  explicit ProfileService(ProfileServiceParts parts)
      : parts_(std::move(parts)),
        access_(parts_.roles, parts_.clock, parts_.all_audited) {}

  std::unique_ptr<MessageCall> Start(CallHead head,
                                     CallObserver& observer) override;

 private:
  class Call;

  const ProfileServiceParts parts_;
  ProfileAccess access_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_LOCAL_PROFILE_SERVICE_H_
