using System.Globalization;
using Microsoft.Extensions.Options;

namespace ConveyorActors.Hosting.Options;

/// <summary>Validates all options together, when the host starts.</summary>
sealed class ConveyorOptionsValidator : IValidateOptions<ConveyorOptions>
{
    static readonly TimeSpan OneDay = TimeSpan.FromDays(1);

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, ConveyorOptions options)
    {
        var errors = new List<string>(options.BindingErrors.Sentences);
        ConfiguredBuffers.Read(options, errors);
        const string section = ConveyorOptions.SectionName;
        ValidateText($"{section}:DataDirectory", options.DataDirectory, "the path of a directory", errors);
        ValidateText($"{section}:Actors:Journal:IdPrefix", options.Actors.Journal.IdPrefix, "a prefix", errors);
        ValidateSize(nameof(options.MaxDataBytes), options.MaxDataBytes, 1 << 20, options, errors);
        ValidateSize(nameof(options.MaxInMemoryBytes), options.MaxInMemoryBytes, 0, options, errors);
        if (options.StopDeadline < TimeSpan.Zero || options.StopDeadline > OneDay)
            errors.Add(
                $"{section}:StopDeadline is {Describe(options.StopDeadline)}; it must be from 00:00:00 to 1.00:00:00 (one day)."
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
            if (consumer is null)
                errors.Add($"{section}:Consumers:{type} is null; it must be a ConsumerOptions, or be left out.");
            else
                Validate($"{section}:Consumers:{type}", consumer, errors);
        options.BindingErrors.ShowOverflows(errors);
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    /// <summary>Validates a size that concerns the data directory.</summary>
    static void ValidateSize(string name, long? value, long min, ConveyorOptions options, List<string> errors)
    {
        var key = $"{ConveyorOptions.SectionName}:{name}";
        if (value < min)
            errors.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{key} is {value}; it must be at least {min:N0} bytes, or be left out."
                )
            );
        else if (value is not null && options.DataDirectory is null)
            errors.Add(
                $"{key} is {value}, and there is no data directory; leave it out, or set {ConveyorOptions.SectionName}:DataDirectory."
            );
    }

    /// <summary>Validates the options of one consumer.</summary>
    public static void Validate(string key, ConsumerOptions options, List<string> errors)
    {
        ValidateText($"{key}:Name", options.Name, "a name", errors);
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

    /// <summary>Refuses a text that is empty, as that of a variable that is not set, or blank.</summary>
    static void ValidateText(string key, string? text, string expected, List<string> errors)
    {
        if (text is not null && string.IsNullOrWhiteSpace(text))
            errors.Add(
                $"{key} is {(text.Length == 0 ? "empty" : $"'{text}'")}; it must be {expected}, or be left out."
            );
    }

    /// <summary>Returns a value as it is written in a configuration.</summary>
    public static string Describe(object? value) =>
        value is TimeSpan time && IsInfinite(time)
            ? "infinite"
            : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    static bool IsInfinite(TimeSpan time) => time == Timeout.InfiniteTimeSpan;
}
