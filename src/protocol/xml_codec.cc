// Decoding over pugixml and encoding by hand, both driven by the member tables.
#include "protocol/xml_codec.h"

#include <algorithm>
#include <bitset>
#include <pugixml.hpp>

#include "base/check.h"
#include "protocol/path.h"
#include "protocol/scalar_text.h"

namespace penstock::protocol {
namespace {

constexpr int kXmlDepthMax = 64;

std::string_view local_name(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::unexpected<ApiError> malformed() {
  return refuse(
      "MalformedXML",
      "The XML you provided was not well-formed or did not validate against our published schema");
}

// pugixml leaves out document types and leaves references that it does not know as they are; S3
// refuses both. Character data of CDATA sections and comments is no reference.
bool has_foreign_markup(std::string_view body) {
  while (true) {
    const std::size_t at = body.find_first_of("&<");
    if (at == std::string_view::npos) return false;
    body.remove_prefix(at);
    std::string_view end;
    if (body.starts_with("<!DOCTYPE")) return true;
    if (body.starts_with("<!--")) end = "-->";
    if (body.starts_with("<![CDATA[")) end = "]]>";
    if (!end.empty()) {
      body.remove_prefix(std::min(body.size(), body.find(end, 3)));
      continue;
    }
    if (body[0] == '&') {
      const std::string_view name = body.substr(1, body.find(';') - 1);
      const bool known = name == "amp" || name == "lt" || name == "gt" || name == "quot" ||
                         name == "apos" || name.starts_with('#');
      if (!known) return true;
    }
    body.remove_prefix(1);
  }
}

class XmlDecoder {
 public:
  explicit XmlDecoder(Missing& missing) : missing_(missing) {}

  ApiResult<void> structure(const Shape& shape, const pugi::xml_node& node, void* value,
                            const Path& path, int depth) {
    if (depth > kXmlDepthMax) return malformed();
    std::bitset<256> seen;
    CHECK(shape.members.size() <= seen.size());
    for (std::size_t i = 0; i < shape.members.size(); ++i) {
      const Member& member = shape.members[i];
      if (member.location != Location::kBody && member.location != Location::kPayload) continue;
      TRY(const bool found, this->member(member, node, value, path.member(member.name), depth));
      if (found) seen.set(i);
      if (member.required && !found) missing_.paths.push_back(path.member(member.name).text());
    }
    return {};
  }

  ApiResult<void> visit(const Shape& shape, TimestampFormat format, const pugi::xml_node& node,
                        void* value, const Path& path, int depth) {
    if (depth > kXmlDepthMax) return malformed();
    switch (shape.kind) {
      case Kind::kStructure: return structure(shape, node, value, path, depth + 1);
      case Kind::kList: {
        std::size_t index = 0;
        for (const pugi::xml_node& child : node.children()) {
          if (child.type() != pugi::node_element || local_name(child.name()) != shape.element_name)
            continue;
          TRY_VOID(visit(*shape.element, shape.element->timestamp, child, shape.list->append(value),
                         path.element(index++), depth + 1));
        }
        return {};
      }
      case Kind::kMap:
        for (const pugi::xml_node& child : node.children()) {
          if (child.type() == pugi::node_element)
            TRY_VOID(entry(shape, child, value, path, depth + 1));
        }
        return {};
      case Kind::kString:
      case Kind::kInteger:
      case Kind::kLong:
      case Kind::kDouble:
      case Kind::kBoolean:
      case Kind::kBlob:
      case Kind::kTimestamp:
        if (!scalar_from_text(shape, format, node.text().get(), value)) return malformed();
        return {};
      case Kind::kStream:
      case Kind::kEvents:
      case Kind::kCustom: return malformed();
    }
    return malformed();
  }

 private:
  ApiResult<bool> member(const Member& member, const pugi::xml_node& node, void* value,
                         const Path& path, int depth) {
    void* field = static_cast<char*>(value) + member.offset;
    if (member.xml_attribute) {
      for (const pugi::xml_attribute& attribute : node.attributes()) {
        if (local_name(attribute.name()) != local_name(member.wire_name)) continue;
        if (!scalar_from_text(*member.shape, timestamp_format(member), attribute.value(),
                              member.field->make(field))) {
          return malformed();
        }
        return true;
      }
      return false;
    }
    void* made = nullptr;
    std::size_t index = 0;
    for (const pugi::xml_node& child : node.children()) {
      if (child.type() != pugi::node_element || local_name(child.name()) != member.wire_name)
        continue;
      if (made == nullptr) made = member.field->make(field);
      if (member.flattened && member.shape->kind == Kind::kList) {
        TRY_VOID(visit(*member.shape->element, member.shape->element->timestamp, child,
                       member.shape->list->append(made), path.element(index++), depth + 1));
      } else if (member.flattened && member.shape->kind == Kind::kMap) {
        TRY_VOID(entry(*member.shape, child, made, path, depth + 1));
      } else {
        TRY_VOID(visit(*member.shape, timestamp_format(member), child, made, path, depth + 1));
        break;
      }
    }
    return made != nullptr;
  }

  ApiResult<void> entry(const Shape& shape, const pugi::xml_node& node, void* value,
                        const Path& path, int depth) {
    const pugi::xml_node key = node.child(std::string(shape.key_name).c_str());
    const pugi::xml_node content = node.child(std::string(shape.value_name).c_str());
    if (!key || !content) return malformed();
    const std::string name = key.text().get();
    return visit(*shape.element, shape.element->timestamp, content, shape.map->insert(value, name),
                 path.value_of(name), depth + 1);
  }

  Missing& missing_;
};

void open_tag(std::string_view name, const Shape& shape, const void* value, std::string& out) {
  out += '<';
  out += name;
  if (!shape.xml_namespace.empty()) {
    out += " xmlns:xsi=\"";
    out += shape.xml_namespace;
    out += '"';
  }
  if (shape.kind == Kind::kStructure) {
    for (const Member& member : shape.members) {
      if (!member.xml_attribute) continue;
      const void* present = member.field->peek(static_cast<const char*>(value) + member.offset);
      if (present == nullptr) continue;
      out += ' ';
      out += member.wire_name;
      out += "=\"";
      out += xml_escape(scalar_to_text(*member.shape, timestamp_format(member), present));
      out += '"';
    }
  }
  out += '>';
}

struct Entries {
  std::string_view name;
  const Shape& shape;
  std::string& out;
};

void encode_map(std::string_view entry_name, const Shape& shape, const void* value,
                std::string& out) {
  Entries entries{entry_name, shape, out};
  shape.map->each(value, &entries, [](void* cookie, const std::string& key, const void* entry) {
    auto& self = *static_cast<Entries*>(cookie);
    self.out.append("<").append(self.name).append("><").append(self.shape.key_name).append(">");
    self.out.append(xml_escape(key)).append("</").append(self.shape.key_name).append(">");
    encode_xml_value(self.shape.value_name, *self.shape.element, entry, self.out);
    self.out.append("</").append(self.name).append(">");
  });
}

void encode_one(std::string_view name, const Shape& shape, TimestampFormat format,
                const void* value, std::string& out) {
  open_tag(name, shape, value, out);
  switch (shape.kind) {
    case Kind::kStructure: encode_xml_members(shape, value, out); break;
    case Kind::kList:
      for (std::size_t i = 0; i < shape.list->size(value); ++i) {
        encode_xml_value(shape.element_name, *shape.element, shape.list->at(value, i), out);
      }
      break;
    case Kind::kMap: encode_map("entry", shape, value, out); break;
    case Kind::kString:
    case Kind::kInteger:
    case Kind::kLong:
    case Kind::kDouble:
    case Kind::kBoolean:
    case Kind::kBlob:
    case Kind::kTimestamp: out += xml_escape(scalar_to_text(shape, format, value)); break;
    case Kind::kStream:
    case Kind::kEvents:
    case Kind::kCustom: CHECK(false);  // Never part of an XML document.
  }
  out.append("</").append(name).append(">");
}

}  // namespace

std::string xml_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\r': out += "&#13;"; break;
      default:
        // Other control characters cannot stand in XML 1.0; clients ask for encoding-type=url
        // instead.
        out += c;
    }
  }
  return out;
}

ApiResult<void> decode_xml(const Shape& shape, std::string_view body, void* value,
                           Missing& missing) {
  XmlDecoder decoder(missing);
  pugi::xml_document document;
  constexpr unsigned kOptions = pugi::parse_default | pugi::parse_ws_pcdata_single;
  const bool empty = body.find_first_not_of(" \t\r\n") == std::string_view::npos;
  if (!empty && !document.load_buffer(body.data(), body.size(), kOptions)) return malformed();
  const pugi::xml_node root = document.document_element();
  if (!empty && (!root || has_foreign_markup(body))) return malformed();
  if (shape.payload == nullptr) return decoder.structure(shape, root, value, Path{}, 0);
  const Member& payload = *shape.payload;
  if (empty) {
    if (payload.required) missing.paths.push_back(Path{}.member(payload.name).text());
    return {};
  }
  void* field = payload.field->make(static_cast<char*>(value) + payload.offset);
  const Path body_path;  // A Path refers to its parent, which must outlive it.
  const Path at = body_path.member(payload.name);
  return decoder.visit(*payload.shape, payload.timestamp, root, field, at, 0);
}

void encode_xml_members(const Shape& shape, const void* value, std::string& out) {
  for (const Member& member : shape.members) {
    if (member.location != Location::kBody || member.xml_attribute) continue;
    const void* present = member.field->peek(static_cast<const char*>(value) + member.offset);
    if (present == nullptr) continue;
    if (member.flattened && member.shape->kind == Kind::kList) {
      for (std::size_t i = 0; i < member.shape->list->size(present); ++i) {
        encode_xml_value(member.wire_name, *member.shape->element,
                         member.shape->list->at(present, i), out);
      }
    } else if (member.flattened && member.shape->kind == Kind::kMap) {
      encode_map(member.wire_name, *member.shape, present, out);
    } else {
      encode_one(member.wire_name, *member.shape, timestamp_format(member), present, out);
    }
  }
}

void encode_xml_value(std::string_view name, const Shape& shape, const void* value,
                      std::string& out) {
  encode_one(name, shape, shape.timestamp, value, out);
}

std::string xml_text(std::string_view document, std::string_view name) {
  pugi::xml_document parsed;
  if (!parsed.load_buffer(document.data(), document.size())) return {};
  const pugi::xml_node found =
      parsed.find_node([&](const pugi::xml_node& node) { return local_name(node.name()) == name; });
  return found.text().get();
}

}  // namespace penstock::protocol
