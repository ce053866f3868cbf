#include "shared/resource/search.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/field_value.h"
#include "shared/query/sql_value_codec.h"
#include "shared/query/text_folding.h"
#include "shared/resource/custom_fill.h"
#include "shared/resource/referenced_rows.h"
#include "shared/resource/search_filler.h"
#include "shared/resource/search_index.h"
#include "shared/resource/search_plan.h"
#include "shared/resource/standard_reads.h"

namespace crm {
namespace {

using ::crm::platform::v1::SearchRequest;
using ::crm::platform::v1::SearchResponse;
using ::crm::platform::v1::SearchResult;
using ::google::protobuf::Message;

// How many documents are asked for at a time.
constexpr int kMaxSearchBatch = 250;

bool IsHidden(const std::set<std::string>& hidden, const std::string& path) {
  return std::ranges::any_of(hidden, [&](const std::string& of) {
    return path == of || absl::StartsWith(path, absl::StrCat(of, "."));
  });
}

// Sets what `result` says of the fields that are not `hidden`. Returns whether
// each of `words` stands in one of them.
bool Describe(const Resource& resource, const CustomType* custom,
              const Message& message, const std::set<std::string>& hidden,
              const std::vector<std::string>& words, SearchResult& result) {
  std::set<std::string> found;
  for (const auto& [path, text] : SearchedFieldsOf(resource, custom, message)) {
    if (IsHidden(hidden, path)) continue;
    if (result.title().empty()) result.set_title(text);
    const std::string folded = FoldText(text);
    bool matched = false;
    for (const std::string& word : words) {
      if (!absl::StrContains(folded, word)) continue;
      found.insert(word);
      matched = true;
    }
    if (matched) result.add_matched_fields(path);
  }
  const auto* created = message.GetDescriptor()->FindFieldByName("create_time");
  if (created != nullptr && !IsHidden(hidden, created->name()) &&
      message.GetReflection()->HasField(message, created)) {
    result.mutable_create_time()->CopyFrom(
        message.GetReflection()->GetMessage(message, created));
  }
  return found.size() == words.size();
}

// What became of a document.
enum class Outcome {
  kUnseen,   // the caller may not know of it
  kLeftOut,  // the filter does not match
  kFound,
};

// Collects what is found.
class Finds {
 public:
  Finds(const Kernel& kernel, const CallContext& call, const SearchPlan& plan,
        SqlReader& reader)
      : kernel_(kernel),
        plan_(plan),
        reader_(reader),
        tenant_(call.principal.tenant),
        referenced_(kernel, reader, tenant_) {}

  // Takes the resource called `name`, if it is there and matches.
  absl::StatusOr<Outcome> Take(const std::string& name) {
    const Resource* resource = kernel_.catalog.FindByName(name);
    const auto type =
        std::ranges::find(plan_.types, resource, &SearchedType::resource);
    if (type == plan_.types.end()) return Outcome::kUnseen;
    CRM_ASSIGN_OR_RETURN(const std::optional<StoredRow> row,
                         resource->table.Find(reader_, tenant_, name));
    if (!row.has_value() || row->deleted) return Outcome::kUnseen;
    const std::unique_ptr<Message> message = resource->New();
    if (!message->ParseFromString(row->body)) {
      return Internal("ROW_UNREADABLE", "A stored row could not be read.");
    }
    if (!type->exact) {
      CRM_ASSIGN_OR_RETURN(const bool admitted,
                           type->rule->Admits({*message, reader_, tenant_}));
      if (!admitted) return Outcome::kUnseen;
    }
    std::set<std::string> hidden;
    if (type->rule->hides()) hidden = type->rule->HiddenIn(*message);
    SearchResult result;
    if (!Describe(*resource, plan_.custom->Find(resource->CustomKind(name)),
                  *message, hidden, plan_.words, result)) {
      return Outcome::kUnseen;
    }
    if (!type->exact) {
      const bool matches = plan_.filter.Matches(*message, referenced_.find());
      CRM_RETURN_IF_ERROR(referenced_.status());
      if (!matches) return Outcome::kLeftOut;
    }
    result.set_name(name);
    result.set_resource_type(resource->schema.type());
    *response_.add_results() = std::move(result);
    return Outcome::kFound;
  }

  SearchResponse& response() { return response_; }

 private:
  const Kernel& kernel_;
  const SearchPlan& plan_;
  SqlReader& reader_;
  const std::string tenant_;
  ReferencedRows referenced_;
  SearchResponse response_;
};

// Reads a page from the snapshot. Returns whether there is another, and moves
// `plan` to where it starts.
//
// Documents that the caller may not see count for nothing here: neither a short
// page nor a token tells of them. They cost time, which is why a search has a
// limit of its own.
absl::StatusOr<bool> ReadPage(SqlReader& reader, const CallContext& call,
                              SearchPlan& plan, Finds& finds) {
  TextQuery query{.table = SearchDocuments(),
                  .tenant = call.principal.tenant,
                  .words = plan.words,
                  .where = plan.where,
                  .after_position = plan.after_position,
                  .after_name = plan.after_name,
                  .limit = std::min(plan.page_size + 1, kMaxSearchBatch)};
  int left_out = 0;
  for (;;) {
    CRM_ASSIGN_OR_RETURN(const SqlRows rows, reader.SearchText(query));
    for (const SqlRow& row : rows) {
      query.after_position = std::get<int64_t>(row[0]);
      query.after_name = std::get<std::string>(row[1]);
      CRM_ASSIGN_OR_RETURN(const Outcome outcome, finds.Take(query.after_name));
      if (outcome == Outcome::kUnseen) continue;
      auto& results = *finds.response().mutable_results();
      if (results.size() > plan.page_size) {
        // It was only to tell that there is another page.
        results.RemoveLast();
        return true;
      }
      plan.after_position = query.after_position;
      plan.after_name = query.after_name;
      if (outcome == Outcome::kLeftOut && ++left_out == kMaxScan) return true;
    }
    if (static_cast<int>(rows.size()) < query.limit) return false;
    query.limit = kMaxSearchBatch;
  }
}

}  // namespace

absl::StatusOr<SearchResponse> SearchResources(const Kernel& kernel,
                                               const CallContext& call,
                                               const SearchRequest& request) {
  CRM_ASSIGN_OR_RETURN(SearchPlan plan, PlanSearch(kernel, call, request));
  if (plan.types.empty()) return SearchResponse();
  SearchResponse response;
  bool more = false;
  CRM_RETURN_IF_ERROR(kernel.database.Read(
      std::min(call.deadline, call.now + kMaxSearchTime),
      [&](SqlReader& reader) -> absl::Status {
        Finds finds(kernel, call, plan, reader);
        CRM_ASSIGN_OR_RETURN(more, ReadPage(reader, call, plan, finds));
        response = std::move(finds.response());
        CRM_ASSIGN_OR_RETURN(const std::vector<std::string> incomplete,
                             IncompleteTypes(reader, kernel.catalog));
        for (const SearchedType& type : plan.types) {
          const std::string& name = type.resource->schema.type();
          bool missing = std::ranges::count(incomplete, name) > 0;
          for (const CustomType* custom :
               plan.custom->FindAll(*type.resource->schema.message())) {
            if (missing) break;
            if (custom->searchable.empty()) continue;
            CRM_ASSIGN_OR_RETURN(
                missing,
                IsTakingInCustom(reader, call.principal.tenant, custom->kind));
          }
          if (missing) response.add_incomplete_types(name);
        }
        return absl::OkStatus();
      }));
  if (!more) return response;
  CRM_ASSIGN_OR_RETURN(
      const std::string token,
      kernel.page_tokens.Encode(
          EncodeSqlValues({plan.after_position, plan.after_name}),
          plan.binding));
  response.set_next_page_token(token);
  return response;
}

}  // namespace crm
