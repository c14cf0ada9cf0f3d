using System.Globalization;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers.Inspection;

/// <summary>A command as it was given: its words by name, and the port it is for.</summary>
sealed class Invocation(IBufferService service, IReadOnlyDictionary<string, string> arguments, IReadOnlyDictionary<string, string?> options)
{
    public const string Json = "json";

    public IBufferService Service => service;

    /// <summary>An argument that must be given, or an optional one that was.</summary>
    public string this[string argument] => arguments[argument];

    public string? Find(string argument) => arguments.GetValueOrDefault(argument);

    public bool Has(string option) => options.ContainsKey(option);

    public string? Option(string option) => options.GetValueOrDefault(option);

    /// <summary>An option that is a whole number; null: it was not given.</summary>
    /// <exception cref="InspectionException">It is none, or out of its range.</exception>
    public long? Number(string option, long most, string orElse = "")
    {
        if (Option(option) is not { } text) return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most) return number;
        throw new InspectionException(InspectionException.WrongUsage, $"--{option} is '{text}'; it must be a whole number from 1 to {most}{orElse}");
    }

    /// <summary>An option that is a number with a point; null: it was not given.</summary>
    /// <exception cref="InspectionException">It is none, or out of its range.</exception>
    public double? Fraction(string option, double least, double most, string range)
    {
        if (Option(option) is not { } text) return null;
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most) return number;
        throw new InspectionException(InspectionException.WrongUsage, $"--{option} is '{text}'; it must be {range}");
    }

    /// <summary>The numbers of the pipeline that was named.</summary>
    /// <exception cref="InspectionException">There is no such pipeline.</exception>
    public async ValueTask<PipelineSnapshot> SnapshotAsync(CancellationToken cancellationToken)
    {
        var name = this["PIPELINE"];
        var there = await service.PipelinesAsync(cancellationToken).ConfigureAwait(false);
        if (!there.Contains(name, StringComparer.Ordinal)) throw InspectionException.Unknown("PIPELINE", name, "pipeline", [.. there]);
        return await service.SnapshotAsync(name, cancellationToken).ConfigureAwait(false);
    }
}
