namespace ConveyorActors.Hosting.Options;

/// <summary>Converts options to the engine's settings. The ranges are those of the settings themselves.</summary>
/// <param name="errors">Receives a sentence for each option that is not valid, with its key.</param>
sealed class OptionsReader(List<string> errors)
{
    /// <summary>Returns the settings of a pipeline.</summary>
    /// <param name="key">The key of the options.</param>
    /// <param name="options">The options.</param>
    /// <param name="settings">The settings that apply where no option is set.</param>
    public BufferSettings ReadBuffers(string key, BufferOptions options, BufferSettings settings)
    {
        settings = CreateOverlay(key, settings)
            .Set("MaxTotalRecords", options.MaxTotalRecords, static (s, v) => s with { MaxTotalRecords = v })
            .Set("MaxPerStage", options.MaxPerStage, static (s, v) => s with { MaxPerStage = v })
            .Set("MaxPerSource", options.MaxPerSource, static (s, v) => s with { MaxPerSource = v })
            .Set("MaxTotalBytes", options.MaxTotalBytes, static (s, v) => s with { MaxTotalBytes = v })
            .Set("MaxBytesPerStage", options.MaxBytesPerStage, static (s, v) => s with { MaxBytesPerStage = v })
            .Set("MaxBytesPerSource", options.MaxBytesPerSource, static (s, v) => s with { MaxBytesPerSource = v })
            .Set(
                "BackpressureThreshold",
                options.BackpressureThreshold,
                static (s, v) => s with { BackpressureThreshold = v }
            )
            .Set("LowWatermark", options.LowWatermark, static (s, v) => s with { LowWatermark = v })
            .Set("IdleAfter", options.IdleAfter, static (s, v) => s with { IdleAfter = v })
            .Settings;
        settings = settings with { Stage = ReadStage($"{key}:Stage", options.Stage, settings.Stage) };
        try
        {
            return settings.Validate();
        }
        catch (ArgumentException e)
        {
            errors.Add($"{key}: {TrimMessage(e)}");
            return settings;
        }
    }

    /// <summary>Returns the settings of a stage.</summary>
    /// <param name="key">The key of the options.</param>
    /// <param name="options">The options.</param>
    /// <param name="settings">The settings that apply where no option is set.</param>
    public StageSettings ReadStage(string key, StageOptions options, StageSettings settings)
    {
        settings = CreateOverlay(key, settings)
            .Set("FullMode", options.FullMode, static (s, v) => s with { FullMode = v })
            .Set("LeaseOrder", options.LeaseOrder, static (s, v) => s with { LeaseOrder = v })
            .Set("LeaseTimeout", options.LeaseTimeout, static (s, v) => s with { LeaseTimeout = v })
            .Set("MaxRetries", options.MaxRetries, static (s, v) => s with { MaxRetries = v })
            .Set("TimeToLive", options.TimeToLive, static (s, v) => s with { TimeToLive = v })
            .Set("MaxDeadLetters", options.MaxDeadLetters, static (s, v) => s with { MaxDeadLetters = v })
            .Set("MaxDeadLetterBytes", options.MaxDeadLetterBytes, static (s, v) => s with { MaxDeadLetterBytes = v })
            .Set("Quantum", options.Quantum, static (s, v) => s with { Quantum = v })
            .Settings;
        return settings with
        {
            Backoff = ReadBackoff($"{key}:Backoff", options.Backoff, settings.Backoff),
            Duplicates = ReadDuplicates($"{key}:Duplicates", options.Duplicates, settings.Duplicates),
        };
    }

    BackoffSettings ReadBackoff(string key, BackoffOptions options, BackoffSettings settings) =>
        CreateOverlay(key, settings)
            .Set("First", options.First, static (s, v) => s with { First = v })
            .Set("Max", options.Max, static (s, v) => s with { Max = v })
            .Set("Factor", options.Factor, static (s, v) => s with { Factor = v })
            .Set("Jitter", options.Jitter, static (s, v) => s with { Jitter = v })
            .Settings;

    DuplicateWindow? ReadDuplicates(string key, DuplicateOptions options, DuplicateWindow? settings)
    {
        if (!(options.Enabled ?? settings is not null))
        {
            if (options.Count is { } count)
                errors.Add(
                    $"{key}:Count is {count}, and duplicates are not suppressed; it needs {key}:Enabled = true."
                );
            if (options.Time is { } time)
                errors.Add($"{key}:Time is {time}, and duplicates are not suppressed; it needs {key}:Enabled = true.");
            return null;
        }
        return CreateOverlay(key, settings ?? new())
            .Set("Count", options.Count, static (s, v) => s with { Count = v })
            .Set("Time", options.Time, static (s, v) => s with { Time = v })
            .Settings;
    }

    OptionsOverlay<TSettings> CreateOverlay<TSettings>(string key, TSettings settings) => new(key, settings, errors);

    /// <summary>Returns the message of an exception without the parameter name that .NET appends.</summary>
    public static string TrimMessage(ArgumentException e)
    {
        var end = e.Message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return end < 0 ? e.Message : e.Message[..end];
    }
}
