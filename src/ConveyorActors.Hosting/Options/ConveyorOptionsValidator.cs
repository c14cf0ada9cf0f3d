using Microsoft.Extensions.Options;

namespace ConveyorActors.Hosting.Options;

/// <summary>Validates all options together, when the host starts.</summary>
sealed class ConveyorOptionsValidator : IValidateOptions<ConveyorOptions>
{
    static readonly TimeSpan OneDay = TimeSpan.FromDays(1);

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, ConveyorOptions options)
    {
        var errors = new List<string>(options.BindingErrors);
        ConfiguredBuffers.Read(options, errors);
        const string section = ConveyorOptions.SectionName;
        if (options.DataDirectory is { } directory && string.IsNullOrWhiteSpace(directory))
            errors.Add(
                $"{section}:DataDirectory is '{directory}'; it must be the path of a directory, or be left out."
            );
        if (options.MaxDataBytes is { } bytes and < 1 << 20)
            errors.Add($"{section}:MaxDataBytes is {bytes}; it must be at least 1,048,576 bytes, or be left out.");
        if (options.DataDirectory is null)
            AddNeedsDirectory(options, errors);
        if (options.MaxInMemoryBytes is { } inMemory and < 0)
            errors.Add($"{section}:MaxInMemoryBytes is {inMemory}; it must be at least 0 bytes, or be left out.");
        if (options.StopDeadline < TimeSpan.Zero || options.StopDeadline > OneDay)
            errors.Add(
                $"{section}:StopDeadline is {options.StopDeadline}; it must be from 00:00:00 to 1.00:00:00 (one day)."
            );
        if (
            !IsInfinite(options.Health.FullFor)
            && (options.Health.FullFor < TimeSpan.Zero || options.Health.FullFor > OneDay)
        )
            errors.Add(
                $"{section}:Health:FullFor is {options.Health.FullFor}; it must be from 00:00:00 to 1.00:00:00 (one day), or infinite."
            );
        if (!IsInfinite(options.Health.BacklogAge) && options.Health.BacklogAge < TimeSpan.FromMilliseconds(1))
            errors.Add(
                $"{section}:Health:BacklogAge is {options.Health.BacklogAge}; it must be at least 00:00:00.001 (1 ms), or infinite."
            );
        foreach (var (type, consumer) in options.Consumers)
            Validate($"{section}:Consumers:{type}", consumer, errors);
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    static void AddNeedsDirectory(ConveyorOptions options, List<string> errors)
    {
        const string section = ConveyorOptions.SectionName;
        foreach (
            var (name, value) in new[]
            {
                (nameof(options.MaxDataBytes), options.MaxDataBytes is >= 1 << 20 ? options.MaxDataBytes : null),
                (nameof(options.MaxInMemoryBytes), options.MaxInMemoryBytes is >= 0 ? options.MaxInMemoryBytes : null),
            }
        )
            if (value is not null)
                errors.Add(
                    $"{section}:{name} is {value}, and there is no data directory; leave it out, or set {section}:DataDirectory."
                );
    }

    /// <summary>Validates the options of one consumer.</summary>
    public static void Validate(string key, ConsumerOptions options, List<string> errors)
    {
        if (options.BatchSize is < 1 or > 1_000_000)
            errors.Add($"{key}:BatchSize is {options.BatchSize}; it must be from 1 to 1,000,000 records.");
        if (options.Workers is < 1 or > 1_000)
            errors.Add($"{key}:Workers is {options.Workers}; it must be from 1 to 1,000.");
        if (
            !IsInfinite(options.HandlingTimeout)
            && (options.HandlingTimeout < TimeSpan.FromMilliseconds(1) || options.HandlingTimeout > OneDay)
        )
            errors.Add(
                $"{key}:HandlingTimeout is {options.HandlingTimeout}; it must be from 00:00:00.001 (1 ms) to 1.00:00:00 (one day), or infinite."
            );
    }

    static bool IsInfinite(TimeSpan time) => time == Timeout.InfiniteTimeSpan;
}
