#include "shared/auth/json_object.h"

#include <set>
#include <vector>

namespace crm {

std::optional<nlohmann::json> ParseJsonObject(absl::string_view text) {
  // The parser would take a zero byte for the end of the text.
  if (text.find('\0') != text.npos) return std::nullopt;
  using Event = nlohmann::json::parse_event_t;
  bool acceptable = true;
  // The member names seen so far in each object that is open.
  std::vector<std::set<std::string>> names;
  const auto observe = [&](int depth, Event event, nlohmann::json& parsed) {
    switch (event) {
      case Event::object_start:
        names.emplace_back();
        [[fallthrough]];
      case Event::array_start:
        if (depth >= kMaxJsonDepth) acceptable = false;
        break;
      case Event::object_end:
        names.pop_back();
        break;
      case Event::key:
        if (!names.back().insert(parsed.get<std::string>()).second) {
          acceptable = false;
        }
        break;
      case Event::array_end:
      case Event::value:
        break;
    }
    return true;
  };
  nlohmann::json object =
      nlohmann::json::parse(text.begin(), text.end(), observe,
                            /*allow_exceptions=*/false);
  if (!acceptable || !object.is_object()) return std::nullopt;
  return object;
}

std::optional<std::string> FindString(const nlohmann::json& object,
                                      const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

}  // namespace crm
