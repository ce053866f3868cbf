// ListResources of standard_reads.h.

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "shared/base/errors.h"
#include "shared/base/status_macros.h"
#include "shared/query/sql_value_codec.h"
#include "shared/reflect/field_access.h"
#include "shared/reflect/resource_name.h"
#include "shared/resource/list_plan.h"
#include "shared/resource/referenced_rows.h"
#include "shared/resource/standard_reads.h"

namespace crm {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

// A page is also cut at this size.
constexpr size_t kMaxPageBytes = size_t{1} << 20;

// How many rows are read at a time to be evaluated.
constexpr int kScanBatch = 250;

// What is to become of a row.
enum class Outcome {
  kUnseen,   // the caller may not know of it
  kLeftOut,  // it is not asked for
  kFits,
};

// Fills one page, row by row.
class Page {
 public:
  Page(const Resource& resource, const std::string& tenant,
       const ListPlan& plan, const Descriptor* response)
      : tenant_(tenant),
        plan_(plan),
        answer_(google::protobuf::MessageFactory::generated_factory()
                    ->GetPrototype(response)
                    ->New()) {
    for (int i = 0; i < response->field_count(); ++i) {
      if (response->field(i)->message_type() == resource.schema.message()) {
        items_ = response->field(i);
      }
    }
  }

  bool full() const {
    return count_ >= plan_.page_size || bytes_ >= kMaxPageBytes;
  }

  // Takes `row` if it is to be on the page and there is room. `find` gives what
  // the filter's references lead to.
  absl::StatusOr<Outcome> Take(const SqlRow& row, SqlReader& reader,
                               FindReferenced find) {
    const std::string& body = std::get<SqlBlob>(row[0]).bytes;
    const std::string& name = std::get<std::string>(row[1]);
    const bool under = plan_.parent.empty() || LiesUnder(name, plan_.parent);
    if (!under && plan_.exact) return Outcome::kLeftOut;
    const auto* reflection = answer_->GetReflection();
    Message* message = reflection->AddMessage(answer_.get(), items_);
    if (!message->ParseFromString(body)) {
      return Internal("ROW_UNREADABLE", "A stored row could not be read.");
    }
    Outcome outcome = Outcome::kFits;
    if (!plan_.exact) {
      CRM_ASSIGN_OR_RETURN(const bool admitted,
                           plan_.rule->Admits({*message, reader, tenant_}));
      if (!admitted) {
        outcome = Outcome::kUnseen;
      } else if (!under || !plan_.filter.Matches(*message, find)) {
        outcome = Outcome::kLeftOut;
      }
    }
    if (outcome != Outcome::kFits || full()) {
      reflection->RemoveLast(answer_.get(), items_);
      return outcome;
    }
    ++count_;
    bytes_ += body.size();
    return outcome;
  }

  Message& answer() { return *answer_; }

 private:
  const std::string& tenant_;
  const ListPlan& plan_;
  std::unique_ptr<Message> answer_;
  const FieldDescriptor* items_ = nullptr;
  int count_ = 0;
  size_t bytes_ = 0;
};

}  // namespace

absl::Status CheckListRequest(const Kernel& kernel, const Resource& resource,
                              const CallContext& call, const Message& request) {
  if (!AsksForCustomFields(request)) {
    return PlanList(kernel, resource, call, request, nullptr).status();
  }
  return kernel.database.Read(
      call.deadline, [&](SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(const auto schema,
                             kernel.catalog.custom_schemas().Find(
                                 reader, call.principal.tenant));
        return PlanList(kernel, resource, call, request, schema.get()).status();
      });
}

namespace {

// Fills `page` with the rows after `last`. Returns whether there is another
// page, and moves `last` to where it starts.
//
// Rows that the caller may not see count for nothing on pages that are shown:
// neither a short page nor a token tells of them. They cost time, which is why
// such a list has a limit of its own.
absl::StatusOr<bool> FillPage(const Kernel& kernel, const Resource& resource,
                              const CallContext& call, const ListPlan& plan,
                              SqlReader& reader, ListPages pages, Page& page,
                              std::vector<SqlValue>& last) {
  ReferencedRows referenced(kernel, reader, call.principal.tenant);
  // Where every row that is read is for the page, one more than fits tells
  // whether there is another; where rows are left out, more are read at a time.
  const bool all_fit = plan.exact && plan.parent.empty();
  const int limit = plan.exact ? plan.page_size + 1
                               : std::max(plan.page_size + 1, kScanBatch);
  std::vector<SqlValue> read_to = last;
  for (int left_out = 0;;) {
    const SqlFragment query = ListSql(resource, call, plan, read_to, limit);
    CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                         reader.Query(query.text, query.params));
    for (const SqlRow& row : rows) {
      const bool full = page.full();
      if (full && all_fit) return true;
      CRM_ASSIGN_OR_RETURN(const Outcome outcome,
                           page.Take(row, reader, referenced.find()));
      CRM_RETURN_IF_ERROR(referenced.status());
      if (full && outcome == Outcome::kFits) return true;
      read_to.assign(row.begin() + 2, row.end());
      if (outcome == Outcome::kUnseen && pages == ListPages::kShown) continue;
      if (!full) last = read_to;
      if (outcome != Outcome::kFits && ++left_out == kMaxScan) return true;
    }
    if (static_cast<int>(rows.size()) < limit) return false;
  }
}

// Reads the page that `plan` asks for.
absl::StatusOr<std::string> ReadPage(const Kernel& kernel,
                                     const Resource& resource,
                                     const CallContext& call,
                                     const ListPlan& plan, SqlReader& reader,
                                     const Descriptor* response,
                                     ListPages pages) {
  std::vector<SqlValue> last;
  if (!plan.page_token.empty()) {
    CRM_ASSIGN_OR_RETURN(
        const std::string state,
        kernel.page_tokens.Decode(plan.page_token, plan.binding));
    CRM_ASSIGN_OR_RETURN(last, DecodeSqlValues(state));
  }
  Page page(resource, call.principal.tenant, plan, response);
  CRM_ASSIGN_OR_RETURN(const bool more, FillPage(kernel, resource, call, plan,
                                                 reader, pages, page, last));
  if (more) {
    CRM_ASSIGN_OR_RETURN(
        const std::string token,
        kernel.page_tokens.Encode(EncodeSqlValues(last), plan.binding));
    WriteString(page.answer(), "next_page_token", token);
  }
  return page.answer().SerializeAsString();
}

// Plans the list, and has `use` read with the plan from one snapshot until
// `end`. Definitions and rows are of that snapshot, so that an index which is
// being given up is not read.
absl::Status WithPlan(
    const Kernel& kernel, const Resource& resource, const CallContext& call,
    const Message& request, absl::Time end,
    const std::function<absl::Status(const ListPlan&, SqlReader&)>& use) {
  if (!AsksForCustomFields(request)) {
    CRM_ASSIGN_OR_RETURN(const ListPlan plan,
                         PlanList(kernel, resource, call, request, nullptr));
    return kernel.database.Read(
        end, [&](SqlReader& reader) { return use(plan, reader); });
  }
  return kernel.database.Read(end, [&](SqlReader& reader) -> absl::Status {
    CRM_ASSIGN_OR_RETURN(
        const auto schema,
        kernel.catalog.custom_schemas().Find(reader, call.principal.tenant));
    CRM_ASSIGN_OR_RETURN(const ListPlan plan, PlanList(kernel, resource, call,
                                                       request, schema.get()));
    return use(plan, reader);
  });
}

// Returns until when a list may read.
absl::Time ReadEnd(const Kernel& kernel, const Resource& resource,
                   const CallContext& call, ListPages pages) {
  if (pages == ListPages::kInternal) return call.deadline;
  const auto rule = RuleFor(call.caller.get(), kernel.catalog, resource,
                            call.method->permission);
  return rule->where().exact ? call.deadline
                             : std::min(call.deadline, call.now + kMaxListTime);
}

}  // namespace

absl::StatusOr<std::string> ListResources(
    const Kernel& kernel, const Resource& resource, const CallContext& call,
    const Message& request, const Descriptor* response, ListPages pages) {
  std::string bytes;
  CRM_RETURN_IF_ERROR(WithPlan(
      kernel, resource, call, request, ReadEnd(kernel, resource, call, pages),
      [&](const ListPlan& plan, SqlReader& reader) -> absl::Status {
        CRM_ASSIGN_OR_RETURN(bytes, ReadPage(kernel, resource, call, plan,
                                             reader, response, pages));
        return absl::OkStatus();
      }));
  return bytes;
}

absl::StatusOr<int64_t> CountListed(const Kernel& kernel,
                                    const Resource& resource,
                                    const CallContext& call,
                                    const Message& request) {
  int64_t count = 0;
  const absl::Status status =
      WithPlan(kernel, resource, call, request,
               std::min(call.deadline, call.now + kMaxListTime),
               [&](const ListPlan& plan, SqlReader& reader) -> absl::Status {
                 if (!plan.exact || !plan.parent.empty())
                   return absl::OkStatus();
                 const SqlFragment query = CountSql(resource, call, plan);
                 CRM_ASSIGN_OR_RETURN(const SqlRows rows,
                                      reader.Query(query.text, query.params));
                 count = std::get<int64_t>(rows.at(0).at(0));
                 return absl::OkStatus();
               });
  // The count is not worth more time than that.
  if (absl::IsDeadlineExceeded(status)) return 0;
  CRM_RETURN_IF_ERROR(status);
  return count;
}

}  // namespace crm
