// The stated limit of every queue, loop and buffer, one line each, grouped by who keeps it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace penstock::limits {

// storage: commit_bytes_max and pending_bytes_max of StoreOptions (storage/store.h).

// net. In flight: request bytes held for handlers, all connections together.
inline constexpr std::size_t kInlineBodyBytes = 262'144;  // Up to here a body is handed over whole.
inline constexpr std::size_t kBodyPieceBytes = 131'072;   // One read of a streamed body.
inline constexpr std::size_t kInFlightBodyBytes = 1'073'741'824;
inline constexpr std::size_t kDrainBytes = 1'048'576;   // Skipped to keep a connection.
inline constexpr std::size_t kLingerBytes = 4'194'304;  // Skipped so that a refusal can be read.
inline constexpr std::uint32_t kLingerMs = 2'000;
inline constexpr std::size_t kLingeringConnections = 256;  // Beyond: closed without waiting.
inline constexpr std::size_t kHeaderFields = 512;
inline constexpr std::size_t kChunkLineBytes = 4'096;  // A chunk-size line, or a trailer line.
inline constexpr std::size_t kTrailerBytes = 16'384;
inline constexpr std::size_t kHttp2Streams = 128;  // Per connection; also running handlers.
inline constexpr std::size_t kHttp2StreamWindowBytes = 524'288;
inline constexpr std::size_t kHttp2ConnectionWindowBytes = 4'194'304;
inline constexpr std::size_t kHttp2ControlFramesPerSecond = 2'000;  // PING, SETTINGS, PRIORITY …
inline constexpr std::size_t kHttp2ResetsPerSecond = 400;
inline constexpr std::size_t kHttp2WriteBytes = 262'144;  // Gathered for one write.
inline constexpr std::uint32_t kLiveWriteMs = 300'000;    // A client of pushed events may pause.
inline constexpr std::size_t kClientQueuedRequests = 4'096;

// kinesis
inline constexpr std::size_t kKinesisTagsPerStreamMax = 50;
inline constexpr std::size_t kKinesisShardsMax = 20'000;           // Per account and region.
inline constexpr std::size_t kKinesisShardsPerUpdateMax = 10'000;  // UpdateShardCount.
inline constexpr std::size_t kKinesisCountChangesMax = 10;         // UpdateShardCount in 24 hours.
inline constexpr std::size_t kKinesisOnDemandShardsMax = 200;      // By scaling: 200 MiB/s.
inline constexpr std::size_t kKinesisWarmMibpsMax = 10'240;
inline constexpr std::size_t kKinesisEncryptionChangesMax = 25;  // Of a kind, in 24 hours.
inline constexpr std::size_t kKinesisPolicyBytesMax = 20'480;
inline constexpr std::size_t kKinesisOnDemandStreamsMax = 50;  // Per account and region.
inline constexpr std::size_t kKinesisProducersPerShardMax = 100'000;
inline constexpr std::size_t kKinesisPutBytesMax = 10 << 20;  // One PutRecords, keys included.
inline constexpr std::size_t kKinesisGetBytesMax = 10 << 20;  // One GetRecords.
inline constexpr std::size_t kKinesisGetRecordsMax = 10'000;

// stream: what pipes, event source mappings and delivery streams read with
inline constexpr std::size_t kStreamShardPages = 1'000;   // Beyond: the endpoint goes in circles.
inline constexpr std::size_t kStreamPageRecords = 1'000;  // Of one read.
inline constexpr std::size_t kStreamPayloadBytes = 6 << 20;  // Of one batch.
inline constexpr std::size_t kStreamAheadRecords = 100'000;  // Of a shard, beyond its position.
inline constexpr std::uint32_t kStreamSubLanes = 10;         // ParallelizationFactor.

// pipes
inline constexpr std::size_t kPipesMax = 1'000;          // Per account and region.
inline constexpr std::size_t kPipeTargetBatchMax = 500;  // Records of one PutRecords.
inline constexpr std::size_t kPipePayloadMax = 6 << 20;  // Bytes of one batch of a pipe.

// services/glue
inline constexpr int kGlueJsonDepth = 64;           // Nesting of a sampled document or a JSON path.
inline constexpr std::size_t kGlueJsonPaths = 128;  // Paths in one JSON classifier.
inline constexpr std::size_t kGlueSampleBytes =
    1 << 20;  // Read (and inflated) of an object to classify it.
inline constexpr std::size_t kGlueFooterBytes = 16 << 20;    // Of a Parquet file.
inline constexpr std::size_t kGlueColumns = 10'000;          // Of one inferred table.
inline constexpr std::size_t kGlueCsvRows = 1'000;           // Sampled of one CSV object.
inline constexpr std::size_t kGlueCrawlObjects = 1'000'000;  // Listed by one crawl.
inline constexpr std::size_t kGlueFolderDepth = 64;          // Folders below an include path.
inline constexpr std::size_t kGluePatternStates =
    4'096;                                       // Compiled size of a GetTables expression.
inline constexpr int kGlueExpressionDepth = 64;  // Parentheses and NOTs of a partition filter.
inline constexpr std::size_t kGlueCrawlHistory = 1'000;  // Crawls remembered of one crawler.
inline constexpr std::size_t kGlueCrawls = 64;           // Running at once.
inline constexpr std::size_t kGlueCrawlNotes =
    1'000;  // Lines about single objects in the log of a crawl.
inline constexpr std::size_t kGlueTableVersions = 100'000;  // Archived of one table (AWS quota).

// s3
inline constexpr std::size_t kS3KeyBytesMax = 1024;
inline constexpr std::size_t kS3BucketsMax = 10'000;  // Per account.
inline constexpr std::size_t kS3InlineBytesMax = 64
                                                 << 10;  // Up to here a body stands in the store.
inline constexpr std::size_t kS3ReadPieceBytes = 256 << 10;     // One read of a streamed object.
inline constexpr std::uint64_t kS3PutBytesMax = 5ULL << 30;     // One PutObject, part or copy.
inline constexpr std::uint64_t kS3ObjectBytesMax = 5ULL << 40;  // One multipart object.
inline constexpr std::uint64_t kS3PartBytesMin = 5ULL << 20;    // All parts but the last.
inline constexpr std::int32_t kS3PartNumberMax = 10'000;
inline constexpr std::int32_t kS3PageMax = 1'000;       // Entries of any listing.
inline constexpr std::size_t kS3DeleteKeysMax = 1'000;  // One DeleteObjects.
inline constexpr std::size_t kS3UserMetadataBytesMax = 2 << 10;
inline constexpr std::size_t kS3ObjectTagsMax = 10;
inline constexpr std::size_t kS3BucketTagsMax = 50;
inline constexpr int kS3ReadRetries = 16;  // A read that raced with overwrites.

// firehose
inline constexpr std::size_t kFirehoseStreamsMax = 5'000;  // Per account and region (AWS quota).
inline constexpr std::size_t kFirehoseTagsMax = 50;
inline constexpr std::size_t kFirehosePutBytesMax = 4 << 20;            // One PutRecordBatch.
inline constexpr std::uint64_t kFirehoseBacklogBytesMax = 8ULL << 30;   // Direct, undelivered.
inline constexpr std::size_t kFirehoseBatchesInFlight = 3;              // Decided, per lane.
inline constexpr std::size_t kFirehoseInvocations = 5;                  // Outstanding, per lane.
inline constexpr std::size_t kFirehoseBatchRecordsMax = 100'000;        // Of one object.
inline constexpr std::size_t kFirehoseBufferedBytesMax = 512ULL << 20;  // Beyond: smaller objects.
inline constexpr std::size_t kFirehoseEventBytesMax = 6'000'000;        // One Lambda invocation.
inline constexpr std::size_t kFirehoseResponseBytesMax = 6'291'556;
inline constexpr std::size_t kFirehoseReadRecords = 10'000;
inline constexpr std::size_t kFirehoseReadBytes = 4 << 20;  // Direct: one read of the store.
inline constexpr std::size_t kFirehoseLedgerPageMax = 1'000;
inline constexpr int kFirehoseUnmarshalDepth = 40;  // DynamoDB itself nests 32 deep.

// lambda
inline constexpr std::size_t kLambdaWaiting = 1'000;           // Invocations without an instance.
inline constexpr std::size_t kLambdaWaitingBytes = 256 << 20;  // Their payloads.
inline constexpr std::size_t kLambdaInstancesPerCore = 8;      // Processes at once.
inline constexpr std::size_t kLambdaEvents = 1'000;            // Asynchronous ones, accepted.
inline constexpr std::size_t kLambdaEventBytes = 64 << 20;
inline constexpr std::size_t kLambdaLogQueueBytes = 32 << 20;     // Beyond: dropped and counted.
inline constexpr std::size_t kLambdaConnectionsPerInstance = 16;  // To the Runtime API.
inline constexpr std::uint64_t kLambdaPackageCacheBytes = 2ULL << 30;
inline constexpr std::size_t kLambdaMappings = 1'000;          // Per account and region.
inline constexpr std::size_t kLambdaMappingFilters = 5;        // Of one event source mapping.
inline constexpr std::size_t kLambdaMappingBatches = 16;       // Of one queue at once, unless said.
inline constexpr std::chrono::seconds kLambdaMappingHold{20};  // Of messages, while throttled.
inline constexpr std::size_t kLambdaTags = 50;                 // Of a function or a mapping.

// logs
inline constexpr std::size_t kLogsPageBytes = 1 << 20;      // GetLogEvents, FilterLogEvents.
inline constexpr std::size_t kLogsScannedEvents = 500'000;  // Of one stream, for one page.
inline constexpr int kLogsConditionDepth = 32;              // Parentheses of a filter pattern.

// sqs
inline constexpr std::size_t kSqsBatchEntries = 10;
inline constexpr std::size_t kSqsBatchBytes = 1'048'576;   // All messages of one batch.
inline constexpr std::size_t kSqsInFlight = 120'000;       // Of one queue.
inline constexpr std::size_t kSqsTags = 50;                // Of one queue.
inline constexpr std::size_t kSqsQueues = 1'000'000;       // Looked through for a listing.
inline constexpr std::size_t kSqsErasedSingly = 256;       // Expired at once; beyond: by range.
inline constexpr std::size_t kSqsMoveTasksListed = 10;     // Of one source; older ones go.
inline constexpr std::size_t kSqsReceiveAttempts = 1'000;  // Remembered, of one FIFO queue.

// services/athena (the statement's own bounds are in sql/limits.h)
inline constexpr std::size_t kAthenaResultBytes =
    512UL << 20;  // Of one result object, held until it is written.
inline constexpr std::size_t kAthenaQueuedQueries =
    200;  // Waiting for a place to run; beyond: TooManyRequests.
inline constexpr std::size_t kAthenaWorkGroups = 1'000;

}  // namespace penstock::limits
