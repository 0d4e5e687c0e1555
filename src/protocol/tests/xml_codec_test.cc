// XML bodies against the member tables.
//
// How the expectations are known: the documents are the samples of the Amazon S3 API reference
// (CompleteMultipartUpload, DeleteObjects, PutObjectTagging) and of the STS reference; refusals
// carry S3's documented MalformedXML.
#include "protocol/xml_codec.h"

#include <gtest/gtest.h>

#include "gen/s3/model.h"
#include "gen/sts/model.h"

namespace penstock::protocol {
namespace {

template <typename T>
ApiResult<T> from_xml(std::string_view body, Missing& missing) {
  T value;
  TRY_VOID(decode_xml(T::shape(), body, &value, missing));
  return value;
}

TEST(XmlCodec, CompleteMultipartUpload) {
  Missing missing;
  const auto input = from_xml<s3::api::CompleteMultipartUploadRequest>(
      R"(<?xml version="1.0" encoding="UTF-8"?>
<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
   <Part><PartNumber>1</PartNumber><ETag>"a54357aff0632cce46d942af68356b38"</ETag></Part>
   <Part><ETag>&quot;b&quot;</ETag><Unknown><X/></Unknown><PartNumber> 2</PartNumber></Part>
</CompleteMultipartUpload>)",
      missing);
  // " 2" is no number: S3's parser trims nothing.
  EXPECT_FALSE(input);
  const auto good = from_xml<s3::api::CompleteMultipartUploadRequest>(
      R"(<s3:CompleteMultipartUpload xmlns:s3="http://s3.amazonaws.com/doc/2006-03-01/">
   <s3:Part><s3:PartNumber>1</s3:PartNumber><s3:ETag>"a"</s3:ETag></s3:Part>
   <Part><ETag>&quot;b&#34;</ETag><Unknown><X/></Unknown><PartNumber>2</PartNumber></Part>
</s3:CompleteMultipartUpload>)",
      missing);
  ASSERT_TRUE(good);
  const auto& parts = good->multipart_upload->parts.value();
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].part_number, 1);
  EXPECT_EQ(parts[0].e_tag, "\"a\"");
  EXPECT_EQ(parts[1].part_number, 2);
  EXPECT_EQ(parts[1].e_tag, "\"b\"");
}

TEST(XmlCodec, DeleteObjectsKeepsBlanksAndEscapesInKeys) {
  Missing missing;
  const auto input = from_xml<s3::api::DeleteObjectsRequest>(
      "<Delete><Quiet>true</Quiet><Object><Key> a b </Key></Object>"
      "<Object><Key>x&amp;y&lt;z&gt;&apos;&#xE9;</Key><VersionId>null</VersionId></Object>"
      "<Object><Key><![CDATA[a&b]]></Key></Object><Object><Key> </Key></Object></Delete>",
      missing);
  ASSERT_TRUE(input);
  EXPECT_EQ(input->delete_.quiet, true);
  ASSERT_EQ(input->delete_.objects.size(), 4U);
  EXPECT_EQ(input->delete_.objects[0].key, " a b ");
  EXPECT_EQ(input->delete_.objects[1].key, "x&y<z>'\xC3\xA9");
  EXPECT_EQ(input->delete_.objects[1].version_id, "null");
  EXPECT_EQ(input->delete_.objects[2].key, "a&b");
  EXPECT_EQ(input->delete_.objects[3].key, " ");
  EXPECT_TRUE(missing.paths.empty());
}

TEST(XmlCodec, NamesWhatIsMissing) {
  Missing missing;
  const auto input = from_xml<s3::api::DeleteObjectsRequest>(
      "<Delete><Object><Key>a</Key></Object><Object/></Delete>", missing);
  ASSERT_TRUE(input);
  ASSERT_EQ(missing.paths.size(), 1U);
  EXPECT_EQ(missing.paths[0], "delete.objects.2.member.key");
  Missing all;
  ASSERT_TRUE(from_xml<s3::api::DeleteObjectsRequest>("  \n", all));
  EXPECT_EQ(all.paths, std::vector<std::string>{"delete"});
}

TEST(XmlCodec, RefusesWhatIsNoDocument) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<Object>";
  const std::string cases[] = {
      "not xml",
      "<Delete>",
      "<Delete></Deleted>",
      "<Delete><Object><Key>a</Object></Key></Delete>",
      "<!-- nothing -->",
      "<Delete><Quiet>maybe</Quiet></Delete>",
      // Document types and what they declare: the way to billion laughs and to other files.
      "<!DOCTYPE d><Delete><Object><Key>a</Key></Object></Delete>",
      "<!DOCTYPE d [<!ENTITY e \"x\">]><Delete><Object><Key>&e;</Key></Object></Delete>",
      "<Delete><Object><Key>&unknown;</Key></Object></Delete>",
      "<Delete><Object><Key>a & b</Key></Object></Delete>",
      deep,
  };
  for (const std::string& body : cases) {
    SCOPED_TRACE(body.substr(0, 60));
    Missing missing;
    const auto input = from_xml<s3::api::DeleteObjectsRequest>(body, missing);
    ASSERT_FALSE(input);
    EXPECT_EQ(input.error().code, "MalformedXML");
  }
}

TEST(XmlCodec, WritesListsFlatAndNested) {
  s3::api::ListObjectsV2Output listing;
  listing.name = "b&c";
  listing.contents.emplace().emplace_back().key = "a\r<\x7F>";
  listing.contents->emplace_back().size = 5;
  std::string out;
  encode_xml_members(s3::api::ListObjectsV2Output::shape(), &listing, out);
  EXPECT_EQ(out,
            "<Contents><Key>a&#13;&lt;\x7F&gt;</Key></Contents><Contents><Size>5</Size></Contents>"
            "<Name>b&amp;c</Name>");
  s3::api::Tagging tagging;
  tagging.tag_set = {{"k", "v"}, {"l", ""}};
  out.clear();
  encode_xml_value("Tagging", s3::api::Tagging::shape(), &tagging, out);
  EXPECT_EQ(out,
            "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag>"
            "<Tag><Key>l</Key><Value></Value></Tag></TagSet></Tagging>");
}

TEST(XmlCodec, WritesTimesAsIso8601) {
  sts::api::Credentials credentials;
  credentials.access_key_id = "A";
  credentials.expiration = Timestamp::from_millis(1'700'000'000'123);
  std::string out;
  encode_xml_members(sts::api::Credentials::shape(), &credentials, out);
  EXPECT_NE(out.find("<Expiration>2023-11-14T22:13:20.123Z</Expiration>"), std::string::npos)
      << out;
}

TEST(XmlCodec, FindsTextsOfErrorDocuments) {
  constexpr std::string_view kDocument =
      "<Error><Code>NoSuchKey</Code><x:Message>The &quot;key&quot;</x:Message></Error>";
  EXPECT_EQ(xml_text(kDocument, "Code"), "NoSuchKey");
  EXPECT_EQ(xml_text(kDocument, "Message"), "The \"key\"");
  EXPECT_EQ(xml_text(kDocument, "Resource"), "");
  EXPECT_EQ(xml_text("not xml", "Code"), "");
}

}  // namespace
}  // namespace penstock::protocol
