using Microsoft.Extensions.Logging;

namespace ConveyorActors.Hosting;

/// <summary>Defines all log messages of this library, with their event ids.</summary>
static partial class HostingLog
{
    [LoggerMessage(1, LogLevel.Information, "Buffers are open: {Pipelines} pipelines configured, records in {Place}")]
    public static partial void Opened(ILogger logger, int pipelines, string place);

    [LoggerMessage(2, LogLevel.Warning, "Data directory {Directory}: {Finding}")]
    public static partial void Found(ILogger logger, string directory, string finding);

    [LoggerMessage(3, LogLevel.Information, "Pipeline {Pipeline} has stopped: {Report}")]
    public static partial void Stopped(ILogger logger, string pipeline, string report);

    [LoggerMessage(4, LogLevel.Warning, "Pipeline {Pipeline} has stopped: {Report}")]
    public static partial void StoppedWithLoss(ILogger logger, string pipeline, string report);

    [LoggerMessage(
        5,
        LogLevel.Warning,
        "Pipeline {Pipeline}: the host's shutdown timeout was over before consumers had finished: {Report}"
    )]
    public static partial void StopCutShort(ILogger logger, string pipeline, string report);

    [LoggerMessage(
        10,
        LogLevel.Warning,
        "{Consumer} could not lease from {Pipeline}/{Stage}; it tries again in {Delay}"
    )]
    public static partial void NotLeased(
        ILogger logger,
        Exception failure,
        string consumer,
        string pipeline,
        string stage,
        TimeSpan delay
    );

    [LoggerMessage(
        11,
        LogLevel.Warning,
        "{Consumer} failed on record {Sequence} of source {Source} at {Pipeline}/{Stage} (retry {Retry}); the record is returned"
    )]
    public static partial void RecordFailed(
        ILogger logger,
        Exception failure,
        string consumer,
        long sequence,
        string source,
        string pipeline,
        string stage,
        int retry
    );

    [LoggerMessage(
        12,
        LogLevel.Warning,
        "{Consumer} dead-lettered record {Sequence} of source {Source} at {Pipeline}/{Stage}: {Reason}"
    )]
    public static partial void DeadLettered(
        ILogger logger,
        string consumer,
        long sequence,
        string source,
        string pipeline,
        string stage,
        string reason
    );

    [LoggerMessage(
        13,
        LogLevel.Warning,
        "{Consumer} failed on a batch at {Pipeline}/{Stage}; its {Records} open records come again, in smaller leases if there are several"
    )]
    public static partial void BatchFailed(
        ILogger logger,
        Exception failure,
        string consumer,
        int records,
        string pipeline,
        string stage
    );

    [LoggerMessage(
        14,
        LogLevel.Warning,
        "{Consumer} could not settle records of lease {Lease} at {Pipeline}/{Stage}: {Reason}; open records are leased again"
    )]
    public static partial void NotSettled(
        ILogger logger,
        string consumer,
        long lease,
        string pipeline,
        string stage,
        string reason
    );

    [LoggerMessage(15, LogLevel.Information, "{Consumer} ends: pipeline {Pipeline} has stopped")]
    public static partial void ConsumerEnded(ILogger logger, string consumer, string pipeline);

    [LoggerMessage(
        16,
        LogLevel.Warning,
        "{Consumer} has handled lease {Lease} of {Pipeline}/{Stage} for longer than its HandlingTimeout of {Limit}; the handler's token is cancelled, and records that are still open when the lease expires are leased again"
    )]
    public static partial void HandlingTimedOut(
        ILogger logger,
        string consumer,
        long lease,
        string pipeline,
        string stage,
        TimeSpan limit
    );

    [LoggerMessage(
        17,
        LogLevel.Error,
        "A worker of {Consumer} at {Pipeline}/{Stage} ended unexpectedly; the other workers of the consumer continue"
    )]
    public static partial void WorkerEnded(
        ILogger logger,
        Exception failure,
        string consumer,
        string pipeline,
        string stage
    );

    [LoggerMessage(
        18,
        LogLevel.Warning,
        "{Consumer} failed on a batch at {Pipeline}/{Stage} after all its records were settled; none comes again"
    )]
    public static partial void SettledBatchFailed(
        ILogger logger,
        Exception failure,
        string consumer,
        string pipeline,
        string stage
    );
}
