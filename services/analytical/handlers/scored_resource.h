// What resources with scores have in common: pages of the scores, and that
// these go with the resource.

#ifndef CRM_SERVICES_ANALYTICAL_HANDLERS_SCORED_RESOURCE_H_
#define CRM_SERVICES_ANALYTICAL_HANDLERS_SCORED_RESOURCE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/empty.pb.h"
#include "services/analytical/handlers/analytics.h"
#include "services/analytical/handlers/score_blocks.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/page_size.h"
#include "shared/resource/read_view.h"
#include "shared/resource/standard_mutations.h"
#include "shared/resource/transaction.h"

namespace crm::analytical {

// Returns the position that a page token holds, 0 without one. Errors of a page
// token.
inline absl::StatusOr<int64_t> ReadScorePosition(const PageTokenCodec& codec,
                                                 const std::string& token,
                                                 const std::string& binding) {
  if (token.empty()) return 0;
  CRM_ASSIGN_OR_RETURN(const std::string state, codec.Decode(token, binding));
  int64_t position = 0;
  if (!absl::SimpleAtoi(state, &position) || position < 0) {
    return Internal("PAGE_TOKEN_STATE", "A page token holds no position.");
  }
  return position;
}

// Serves a method that lists the scores of a T: all of its customers have one.
// `method` is its name, which page tokens are bound to. Returns NOT_FOUND, and
// the errors of a page token.
template <typename T, typename Page, typename Request>
absl::StatusOr<Page> ListScores(Analytics& analytics, const ReadView& view,
                                const CallContext& call,
                                absl::string_view table,
                                absl::string_view method,
                                const Request& request) {
  CRM_ASSIGN_OR_RETURN(const T scored, view.GetLive<T>(request.name()));
  CRM_ASSIGN_OR_RETURN(const int32_t page_size,
                       ResolvePageSize(request.page_size()));
  const std::string binding =
      absl::StrJoin({absl::string_view(call.principal.tenant),
                     absl::string_view(call.principal.subject), method,
                     absl::string_view(scored.uid())},
                    "\n");
  CRM_ASSIGN_OR_RETURN(
      const int64_t begin,
      ReadScorePosition(analytics.page_tokens, request.page_token(), binding));
  CRM_ASSIGN_OR_RETURN(
      Page page,
      ReadScores<Page>(view.reader(), {table, view.tenant(), scored.uid()},
                       begin, page_size));
  const int64_t end = begin + page.scores_size();
  if (end < scored.customer_count()) {
    CRM_ASSIGN_OR_RETURN(
        *page.mutable_next_page_token(),
        analytics.page_tokens.Encode(absl::StrCat(end), binding));
  }
  return page;
}

// Serves a method that deletes a T: its scores go with it. Errors of a standard
// Delete.
template <typename T, typename Request>
absl::StatusOr<google::protobuf::Empty> DeleteWithScores(
    Transaction& transaction, const CallContext& call, absl::string_view table,
    const Request& request) {
  const absl::StatusOr<T> scored =
      transaction.view().template Get<T>(request.name());
  const Resource& resource =
      *transaction.view().catalog().Find(T::descriptor());
  CRM_RETURN_IF_ERROR(ApplyStandard(transaction, Verb::kDelete, resource,
                                    request,
                                    google::protobuf::Empty::descriptor())
                          .status());
  CRM_RETURN_IF_ERROR(transaction.status());
  // With allow_missing there may have been none.
  if (scored.ok()) {
    CRM_RETURN_IF_ERROR(RemoveScores(
        transaction.writer(), {table, call.principal.tenant, scored->uid()}));
  }
  return google::protobuf::Empty();
}

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_HANDLERS_SCORED_RESOURCE_H_
