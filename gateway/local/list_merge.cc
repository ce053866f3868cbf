#include "gateway/local/list_merge.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/timestamp.pb.h"
#include "shared/base/clock.h"
#include "shared/base/errors.h"

namespace crm::gateway {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Timestamp;

namespace {

constexpr char kVersion[] = "l1";
// The number of the repeated field in a list's response.
constexpr int kEntriesField = 1;

absl::Status Invalid() {
  return InvalidArgument("PAGE_TOKEN_INVALID",
                         "The page token is none that this list gave.");
}

const FieldDescriptor& EntriesField(const Message& page) {
  return *page.GetDescriptor()->FindFieldByNumber(kEntriesField);
}

std::string StringField(const Message& message, const std::string& name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  return field == nullptr ? ""
                          : message.GetReflection()->GetString(message, field);
}

// Returns the id of an entry without its service:
// `operations/operational-abc` -> `abc`.
absl::string_view IdOf(absl::string_view name) {
  return name.substr(name.find('-') + 1);
}

// Compares one field: less than, equal to or greater than 0.
int CompareField(const Message& a, const Message& b, const std::string& name) {
  const FieldDescriptor* field = a.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->is_repeated()) return 0;
  const Reflection& reflection = *a.GetReflection();
  const auto order = [](const auto& x, const auto& y) {
    return x < y ? -1 : y < x ? 1 : 0;
  };
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return order(reflection.GetString(a, field),
                   reflection.GetString(b, field));
    case FieldDescriptor::CPPTYPE_INT64:
      return order(reflection.GetInt64(a, field),
                   reflection.GetInt64(b, field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return order(reflection.GetBool(a, field), reflection.GetBool(b, field));
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      if (field->message_type() != Timestamp::descriptor()) return 0;
      const auto time = [&](const Message& message) {
        return FromTimestamp(static_cast<const Timestamp&>(
            reflection.GetMessage(message, field)));
      };
      return order(time(a), time(b));
    }
    default:
      return 0;
  }
}

// A service's page while it is merged.
struct Cursor {
  std::string service;
  Message* page = nullptr;
  int next = 0;
  int size = 0;
};

}  // namespace

std::string EncodeListToken(const ListPositions& positions) {
  std::string text = kVersion;
  for (const auto& [service, position] : positions) {
    absl::StrAppend(&text, ".", service, ":", position.done ? "-" : "+",
                    position.skip, ":",
                    absl::WebSafeBase64Escape(position.token));
  }
  return text;
}

absl::StatusOr<ListPositions> DecodeListToken(absl::string_view text) {
  ListPositions positions;
  if (text.empty()) return positions;
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '.');
  if (parts.front() != kVersion) return Invalid();
  for (size_t i = 1; i < parts.size(); ++i) {
    const std::vector<absl::string_view> fields = absl::StrSplit(parts[i], ':');
    ListPosition position;
    const bool formed = fields.size() == 3 && !fields[0].empty() &&
                        fields[1].size() > 1 &&
                        (fields[1][0] == '-' || fields[1][0] == '+') &&
                        absl::SimpleAtoi(fields[1].substr(1), &position.skip) &&
                        position.skip >= 0 && position.skip <= kMaxMergedPage &&
                        absl::WebSafeBase64Unescape(fields[2], &position.token);
    if (!formed) return Invalid();
    position.done = fields[1][0] == '-';
    if (!positions.emplace(fields[0], std::move(position)).second) {
      return Invalid();
    }
  }
  return positions;
}

ListOrder ParseListOrder(absl::string_view order_by) {
  ListOrder order;
  for (const absl::string_view part :
       absl::StrSplit(order_by, ',', absl::SkipWhitespace())) {
    const std::vector<std::string> words =
        absl::StrSplit(part, ' ', absl::SkipWhitespace());
    order.keys.push_back(
        {.field = words[0],
         .descending =
             words.size() > 1 && absl::AsciiStrToLower(words[1]) == "desc"});
  }
  return order;
}

bool ComesBefore(const Message& a, const Message& b, const ListOrder& order) {
  for (const ListOrder::Key& key : order.keys) {
    const int compared = CompareField(a, b, key.field);
    if (compared != 0) return key.descending ? compared > 0 : compared < 0;
  }
  // Ids sort by the time they were made.
  return IdOf(StringField(a, "name")) > IdOf(StringField(b, "name"));
}

void MergePages(std::map<std::string, std::unique_ptr<Message>>& pages,
                const ListPositions& positions, int page_size,
                const ListOrder& order, Message& merged) {
  std::vector<Cursor> cursors;
  for (auto& [service, page] : pages) {
    const auto position = positions.find(service);
    const int size =
        page->GetReflection()->FieldSize(*page, &EntriesField(*page));
    const int skip = position == positions.end() ? 0 : position->second.skip;
    cursors.push_back({service, page.get(), std::min(skip, size), size});
  }
  const auto entry = [](const Cursor& cursor) -> const Message& {
    return cursor.page->GetReflection()->GetRepeatedMessage(
        *cursor.page, &EntriesField(*cursor.page), cursor.next);
  };
  for (int taken = 0; taken < page_size; ++taken) {
    Cursor* first = nullptr;
    // What comes after the end of a short page may come before all others.
    const bool unknown = std::ranges::any_of(cursors, [](const Cursor& cursor) {
      return cursor.next == cursor.size &&
             !StringField(*cursor.page, "next_page_token").empty();
    });
    if (unknown) break;
    for (Cursor& cursor : cursors) {
      if (cursor.next == cursor.size) continue;
      if (first == nullptr ||
          ComesBefore(entry(cursor), entry(*first), order)) {
        first = &cursor;
      }
    }
    if (first == nullptr) break;
    merged.GetReflection()
        ->AddMessage(&merged, &EntriesField(merged))
        ->CopyFrom(entry(*first));
    ++first->next;
  }

  ListPositions next = positions;
  bool more = false;
  for (const Cursor& cursor : cursors) {
    ListPosition& position = next[cursor.service];
    const std::string token = StringField(*cursor.page, "next_page_token");
    if (cursor.next < cursor.size) {
      position.skip = cursor.next;
    } else {
      position = {.token = token, .skip = 0, .done = token.empty()};
    }
    more = more || !position.done;
  }
  if (more) {
    merged.GetReflection()->SetString(
        &merged, merged.GetDescriptor()->FindFieldByName("next_page_token"),
        EncodeListToken(next));
  }
}

}  // namespace crm::gateway
