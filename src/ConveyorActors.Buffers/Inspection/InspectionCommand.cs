using ConveyorActors.Buffers.Inspection.Printing;

namespace ConveyorActors.Buffers.Inspection;

/// <summary>One command that looks at buffers or works on them. It knows nothing but the port.</summary>
/// <remarks>Has no state; safe for use by many threads.</remarks>
public abstract class InspectionCommand
{
    private protected static readonly InspectionArgument PipelineArgument = new("PIPELINE", "the name of a pipeline");

    static readonly InspectionOption Json = new(Invocation.Json, null, "print JSON instead of tables");

    private protected InspectionCommand() { }

    /// <summary>The word that it is called by.</summary>
    public abstract string Name { get; }

    /// <summary>What it does, in one line.</summary>
    public abstract string Summary { get; }

    /// <summary>What more there is to say; may be empty.</summary>
    public virtual string Details => "";

    /// <summary>The words it is given by their places.</summary>
    public virtual IReadOnlyList<InspectionArgument> Arguments => [];

    /// <summary>What it alone is given by name, in any place.</summary>
    public virtual IReadOnlyList<InspectionOption> Options => [];

    /// <summary>What it is given by name: its own options, and those that every command has.</summary>
    public IReadOnlyList<InspectionOption> AllOptions => [.. Options, Json];

    internal abstract ValueTask<InspectionReport> RunAsync(Invocation given, CancellationToken cancellationToken);
}
