// Merges pages of the same list from several services into one page.
//
// A page token of the merged list holds, for each service, that service's own
// token and how many entries of the page it gives have been shown. So nothing
// is kept between pages, and no entry is left out or, while nothing is written,
// shown twice. Pure functions.

#ifndef CRM_GATEWAY_LOCAL_LIST_MERGE_H_
#define CRM_GATEWAY_LOCAL_LIST_MERGE_H_

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace crm::gateway {

// The most entries of a page, and how many there are when none is asked for.
inline constexpr int kMaxMergedPage = 1000;
inline constexpr int kDefaultMergedPage = 50;

// Where one service's part of the list goes on.
struct ListPosition {
  // The service's page token; empty at the start.
  std::string token;
  // Entries at the start of that page that have been shown.
  int skip = 0;
  // Whether the part is at its end.
  bool done = false;

  friend bool operator==(const ListPosition&, const ListPosition&) = default;
};
using ListPositions = std::map<std::string, ListPosition>;

std::string EncodeListToken(const ListPositions& positions);

// Returns what EncodeListToken was given, nothing for "". Returns
// INVALID_ARGUMENT (PAGE_TOKEN_INVALID) for what it does not make.
absl::StatusOr<ListPositions> DecodeListToken(absl::string_view text);

// How entries are ordered: fields, each rising or falling.
struct ListOrder {
  struct Key {
    std::string field;
    bool descending = false;
  };
  std::vector<Key> keys;
};

// Reads `order_by` (`event_time desc, method`). Unknown fields are left to the
// services, which refuse them.
ListOrder ParseListOrder(absl::string_view order_by);

// Returns whether `a` comes before `b`: by `order`, then by name, without its
// service, falling.
bool ComesBefore(const google::protobuf::Message& a,
                 const google::protobuf::Message& b, const ListOrder& order);

// Moves the first `page_size` entries of all `pages` into the repeated field
// number 1 of `merged`, and the token of the next page into `next_page_token`.
// `pages` are the services' answers from `positions` on, by service; a service
// without a page is at its end.
void MergePages(
    std::map<std::string, std::unique_ptr<google::protobuf::Message>>& pages,
    const ListPositions& positions, int page_size, const ListOrder& order,
    google::protobuf::Message& merged);

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_LOCAL_LIST_MERGE_H_
