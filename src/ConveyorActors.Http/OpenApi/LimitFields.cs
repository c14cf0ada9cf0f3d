using ConveyorActors.Buffers.Inspection;
using ConveyorActors.Http.Inspecting;

namespace ConveyorActors.Http.OpenApi;

/// <summary>Describes the limits of a pipeline, as the help of the command <c>limits</c> does.</summary>
static class LimitFields
{
    const long MaxRecords = 2_000_000_000;

    /// <summary>Returns the limits in their order.</summary>
    public static IReadOnlyList<Field> All { get; } = [.. LimitNames.All.Select(CreateField)];

    static Field CreateField(string name)
    {
        var command = InspectionCore.Commands.Single(c => c.Name == "limits");
        var description = command.Options.Single(o => o.Name == LimitNames.ToOption(name)).Description;
        return name switch
        {
            "backpressureThreshold" => new NumberField(name, description, 0) { Most = 1 },
            "lowWatermark" => new NumberField(name, $"{description}; below the other threshold", 0) { Below = 1 },
            _ when name.Contains("Bytes", StringComparison.Ordinal) => new IntegerField(
                name,
                $"{description}; null: not limited",
                1,
                long.MaxValue
            )
            {
                IsNullable = true,
            },
            _ => new IntegerField(name, description, 1, MaxRecords),
        };
    }
}
