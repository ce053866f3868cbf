// What the methods of a service share: its store, catalog and makers.

#ifndef CRM_SHARED_RESOURCE_KERNEL_H_
#define CRM_SHARED_RESOURCE_KERNEL_H_

#include <functional>
#include <string>
#include <vector>

#include "crm/internal/v1/event.pb.h"
#include "shared/auth/directory.h"
#include "shared/base/clock.h"
#include "shared/base/ids.h"
#include "shared/call/method_table.h"
#include "shared/events/outbox.h"
#include "shared/query/page_token.h"
#include "shared/resource/catalog.h"
#include "shared/storage/database.h"

namespace crm {

// Owns nothing; made once at start, and everything in it outlives the calls.
// Thread-safe, since its parts are.
struct Kernel {
  // The service's name, as `operational`.
  std::string service;
  Database& database;
  const ResourceCatalog& catalog;
  const MethodTable& methods;
  const Outbox& outbox;
  const PageTokenCodec& page_tokens;
  IdMaker& ids;
  const Clock& clock;
  // Authenticates consistency tokens.
  std::string secret;
  // The epoch of this service's feed.
  int64_t feed_epoch = 1;
  // Told of the events of each commit after it is durable, before the call is
  // answered; must be quick. May be empty.
  std::function<void(const std::vector<internal::v1::Event>&)> on_commit;
  // Told that an operation was made or has ended; must be quick. May be empty.
  std::function<void()> on_operation = {};
  // Tells what the caller of a stored operation may do by now. Null where there
  // are no callers, as in tests of parts: then nothing is restricted.
  CallerSource* callers = nullptr;
};

}  // namespace crm

#endif  // CRM_SHARED_RESOURCE_KERNEL_H_
