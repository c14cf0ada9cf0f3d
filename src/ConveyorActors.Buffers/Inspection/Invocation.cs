using System.Globalization;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Inspection;

/// <summary>A command with its arguments by name, and the buffer service it runs on.</summary>
sealed class Invocation(
    IBufferService service,
    IReadOnlyDictionary<string, string> arguments,
    IReadOnlyDictionary<string, string?> options
)
{
    public const string Json = "json";

    public IBufferService Service => service;

    /// <summary>Gets the value of an argument that is required, or of an optional one that was given.</summary>
    public string this[string argument] => arguments[argument];

    public string? Find(string argument) => arguments.GetValueOrDefault(argument);

    public bool Has(string option) => options.ContainsKey(option);

    public string? GetOption(string option) => options.GetValueOrDefault(option);

    /// <summary>Returns an option that is a whole number; null: it was not given.</summary>
    /// <exception cref="InspectionException">The value is not a number, or out of its range.</exception>
    public long? ParseNumber(string option, long most, string orElse = "")
    {
        if (GetOption(option) is not { } text)
            return null;
        if (
            long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= 1
            && number <= most
        )
            return number;
        throw new InspectionException(
            InspectionException.WrongUsage,
            $"--{option} is '{text}'; it must be a whole number from 1 to {most}{orElse}"
        );
    }

    /// <summary>Returns an option that is a decimal number; null: it was not given.</summary>
    /// <exception cref="InspectionException">The value is not a number, or out of its range.</exception>
    public double? ParseFraction(string option, double least, double most, string range)
    {
        if (GetOption(option) is not { } text)
            return null;
        if (
            double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number >= least
            && number <= most
        )
            return number;
        throw new InspectionException(InspectionException.WrongUsage, $"--{option} is '{text}'; it must be {range}");
    }

    /// <summary>Returns the snapshot of the pipeline named in the command.</summary>
    /// <exception cref="InspectionException">There is no such pipeline.</exception>
    public async ValueTask<PipelineSnapshot> GetSnapshotAsync(CancellationToken cancellationToken)
    {
        var name = this["PIPELINE"];
        var there = await service.GetPipelinesAsync(cancellationToken).ConfigureAwait(false);
        if (!there.Contains(name, StringComparer.Ordinal))
            throw InspectionException.CreateUnknown("PIPELINE", name, "pipeline", [.. there]);
        return await service.GetSnapshotAsync(name, cancellationToken).ConfigureAwait(false);
    }
}
