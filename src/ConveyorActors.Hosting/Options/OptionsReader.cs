namespace ConveyorActors.Hosting.Options;

/// <summary>Makes the engine's settings of options. The ranges are those of the settings themselves.</summary>
/// <param name="errors">Gets a sentence for each option that is wrong, with its key.</param>
sealed class OptionsReader(List<string> errors)
{
    /// <summary>Returns the settings of a pipeline.</summary>
    /// <param name="key">The key of the options.</param>
    /// <param name="options">The options.</param>
    /// <param name="settings">The settings that hold where the options say nothing.</param>
    public BufferSettings Buffers(string key, BufferOptions options, BufferSettings settings)
    {
        settings = Set(
            settings,
            $"{key}:MaxTotalRecords",
            options.MaxTotalRecords,
            static (s, v) => s with { MaxTotalRecords = v }
        );
        settings = Set(
            settings,
            $"{key}:MaxPerStage",
            options.MaxPerStage,
            static (s, v) => s with { MaxPerStage = v }
        );
        settings = Set(
            settings,
            $"{key}:MaxPerSource",
            options.MaxPerSource,
            static (s, v) => s with { MaxPerSource = v }
        );
        settings = Set(
            settings,
            $"{key}:MaxTotalBytes",
            options.MaxTotalBytes,
            static (s, v) => s with { MaxTotalBytes = v }
        );
        settings = Set(
            settings,
            $"{key}:MaxBytesPerStage",
            options.MaxBytesPerStage,
            static (s, v) => s with { MaxBytesPerStage = v }
        );
        settings = Set(
            settings,
            $"{key}:MaxBytesPerSource",
            options.MaxBytesPerSource,
            static (s, v) => s with { MaxBytesPerSource = v }
        );
        settings = Set(
            settings,
            $"{key}:BackpressureThreshold",
            options.BackpressureThreshold,
            static (s, v) => s with { BackpressureThreshold = v }
        );
        settings = Set(
            settings,
            $"{key}:LowWatermark",
            options.LowWatermark,
            static (s, v) => s with { LowWatermark = v }
        );
        settings = Set(settings, $"{key}:IdleAfter", options.IdleAfter, static (s, v) => s with { IdleAfter = v });
        settings = settings with { Stage = Stage($"{key}:Stage", options.Stage, settings.Stage) };
        try
        {
            return settings.Validated();
        }
        catch (ArgumentException e)
        {
            errors.Add($"{key}: {Sentence(e)}");
            return settings;
        }
    }

    /// <summary>Returns the settings of a stage.</summary>
    /// <param name="key">The key of the options.</param>
    /// <param name="options">The options.</param>
    /// <param name="settings">The settings that hold where the options say nothing.</param>
    public StageSettings Stage(string key, StageOptions options, StageSettings settings)
    {
        settings = Set(settings, $"{key}:FullMode", options.FullMode, static (s, v) => s with { FullMode = v });
        settings = Set(settings, $"{key}:LeaseOrder", options.LeaseOrder, static (s, v) => s with { LeaseOrder = v });
        settings = Set(
            settings,
            $"{key}:LeaseTimeout",
            options.LeaseTimeout,
            static (s, v) => s with { LeaseTimeout = v }
        );
        settings = Set(settings, $"{key}:MaxRetries", options.MaxRetries, static (s, v) => s with { MaxRetries = v });
        settings = Set(settings, $"{key}:TimeToLive", options.TimeToLive, static (s, v) => s with { TimeToLive = v });
        settings = Set(
            settings,
            $"{key}:MaxDeadLetters",
            options.MaxDeadLetters,
            static (s, v) => s with { MaxDeadLetters = v }
        );
        settings = Set(
            settings,
            $"{key}:MaxDeadLetterBytes",
            options.MaxDeadLetterBytes,
            static (s, v) => s with { MaxDeadLetterBytes = v }
        );
        settings = Set(settings, $"{key}:Quantum", options.Quantum, static (s, v) => s with { Quantum = v });
        return settings with
        {
            Backoff = Backoff($"{key}:Backoff", options.Backoff, settings.Backoff),
            Duplicates = Duplicates($"{key}:Duplicates", options.Duplicates, settings.Duplicates),
        };
    }

    BackoffSettings Backoff(string key, BackoffOptions options, BackoffSettings settings)
    {
        settings = Set(settings, $"{key}:First", options.First, static (s, v) => s with { First = v });
        settings = Set(settings, $"{key}:Max", options.Max, static (s, v) => s with { Max = v });
        settings = Set(settings, $"{key}:Factor", options.Factor, static (s, v) => s with { Factor = v });
        return Set(settings, $"{key}:Jitter", options.Jitter, static (s, v) => s with { Jitter = v });
    }

    DuplicateWindow? Duplicates(string key, DuplicateOptions options, DuplicateWindow? settings)
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
        var window = settings ?? new();
        window = Set(window, $"{key}:Count", options.Count, static (s, v) => s with { Count = v });
        return Set(window, $"{key}:Time", options.Time, static (s, v) => s with { Time = v });
    }

    TSettings Set<TSettings, TValue>(
        TSettings settings,
        string key,
        TValue? value,
        Func<TSettings, TValue, TSettings> set
    )
        where TValue : struct
    {
        if (value is not { } given)
            return settings;
        try
        {
            return set(settings, given);
        }
        catch (ArgumentException e)
        {
            // The settings say "NAME is VALUE; it must be ...": the name is that of the key.
            var sentence = Sentence(e);
            errors.Add(key + sentence[sentence.IndexOf(" is ", StringComparison.Ordinal)..]);
            return settings;
        }
    }

    /// <summary>Returns the message of an exception without the parameter that .NET adds.</summary>
    public static string Sentence(ArgumentException e)
    {
        var end = e.Message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return end < 0 ? e.Message : e.Message[..end];
    }
}
