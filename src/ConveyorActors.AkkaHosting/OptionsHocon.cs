using Akka.Configuration;
using ConveyorActors.Hosting;
using ConveyorActors.Hosting.Options;
using Microsoft.Extensions.Options;

namespace ConveyorActors.AkkaHosting;

/// <summary>Converts options to the keys of hocon/conveyor.conf.</summary>
static class OptionsHocon
{
    static readonly TimeSpan MinDeadline = TimeSpan.FromMilliseconds(1);

    /// <summary>Returns the keys for the buffers' options.</summary>
    public static Config Create(ConveyorOptions options)
    {
        var errors = new ConveyorOptionsValidator().Validate(null, options).Failures?.ToList() ?? [];
        errors.AddRange(ActorOptionKeys.Validate(options.Actors));
        if (options.DataDirectory is { } directory)
            errors.Add(
                $"{ConveyorOptions.SectionName}:DataDirectory is '{directory}', and the buffers are actors; leave it out, and keep records in a journal (WithConveyorJournal)."
            );
        if (errors.Count > 0)
            throw new OptionsValidationException(ConveyorOptions.SectionName, typeof(ConveyorOptions), errors);

        var keys = new HoconKeys().Add(
            "conveyor.stop-deadline",
            options.StopDeadline < MinDeadline ? MinDeadline : options.StopDeadline
        );
        ActorOptionKeys.Add(keys, options.Actors);
        AddBuffers(keys, "conveyor.buffers", options.Buffers);
        foreach (var (name, pipeline) in options.Pipelines)
        {
            var key = $"conveyor.pipelines.{HoconKeys.Quote(name)}";
            // A named pipeline exists even if its options do not differ from the others.
            keys.Add(key, "{ }");
            AddBuffers(keys, key, pipeline);
            foreach (var (stage, own) in pipeline.Stages)
            {
                keys.Add($"{key}.stages.{HoconKeys.Quote(stage)}", "{ }");
                AddStage(keys, $"{key}.stages.{HoconKeys.Quote(stage)}", own);
            }
        }
        return keys.ToConfig();
    }

    /// <summary>Returns the keys for the options of a cluster.</summary>
    public static Config Create(ConveyorShardingOptions options)
    {
        var keys = new HoconKeys()
            .Add("conveyor.cluster.enabled", "on")
            .Add("conveyor.cluster.shards", options.Shards)
            .Add("conveyor.cluster.role", options.Role is { } role ? HoconKeys.Quote(role) : null)
            .Add("conveyor.cluster.passivate-after", options.PassivateAfter)
            .Add("conveyor.cluster.locate-interval", options.LocateInterval)
            .Add("conveyor.cluster.grant-expiry", options.GrantExpiry);
        foreach (var (source, records) in options.SourceBudgets)
            keys.Add($"conveyor.cluster.sources.{HoconKeys.Quote(source)}.max-records", records);
        return keys.ToConfig();
    }

    static void AddBuffers(HoconKeys keys, string key, BufferOptions options)
    {
        keys.Add($"{key}.max-total-records", options.MaxTotalRecords)
            .Add($"{key}.max-per-stage", options.MaxPerStage)
            .Add($"{key}.max-per-source", options.MaxPerSource)
            .Add($"{key}.max-total-bytes", options.MaxTotalBytes)
            .Add($"{key}.max-bytes-per-stage", options.MaxBytesPerStage)
            .Add($"{key}.max-bytes-per-source", options.MaxBytesPerSource)
            .Add($"{key}.backpressure-threshold", options.BackpressureThreshold)
            .Add($"{key}.low-watermark", options.LowWatermark)
            .Add($"{key}.idle-after", options.IdleAfter);
        AddStage(keys, $"{key}.stage", options.Stage);
    }

    static void AddStage(HoconKeys keys, string key, StageOptions options)
    {
        keys.Add($"{key}.full-mode", options.FullMode)
            .Add($"{key}.lease-order", options.LeaseOrder)
            .Add($"{key}.lease-timeout", options.LeaseTimeout)
            .Add($"{key}.max-retries", options.MaxRetries)
            .Add($"{key}.time-to-live", options.TimeToLive, infinite: "off")
            .Add($"{key}.max-dead-letters", options.MaxDeadLetters)
            .Add($"{key}.max-dead-letter-bytes", options.MaxDeadLetterBytes)
            .Add($"{key}.quantum", options.Quantum)
            .Add($"{key}.duplicates.enabled", options.Duplicates.Enabled)
            .Add($"{key}.duplicates.count", options.Duplicates.Count)
            .Add($"{key}.duplicates.time", options.Duplicates.Time);
        AddBackoff(keys, $"{key}.backoff", options.Backoff);
    }

    static void AddBackoff(HoconKeys keys, string key, BackoffOptions options) =>
        keys.Add($"{key}.first", options.First)
            .Add($"{key}.max", options.Max)
            .Add($"{key}.factor", options.Factor)
            .Add($"{key}.jitter", options.Jitter);
}
