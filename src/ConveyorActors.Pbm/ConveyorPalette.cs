using ConveyorActors.Buffers.Inspection;
using Petabridge.Cmd;

namespace ConveyorActors.Pbm;

/// <summary>
/// The palette that pbm shows and completes: <c>pbm conveyor COMMAND</c>. Names, arguments and help come from the
/// command core.
/// </summary>
public static class ConveyorPalette
{
    /// <summary>The palette's name: the first word after <c>pbm</c>.</summary>
    public const string Name = "conveyor";

    /// <summary>Gets the palette.</summary>
    public static CommandPalette Palette { get; } = new(Name, [.. InspectionCore.Commands.Select(Define)]);

    static CommandDefinition Define(InspectionCommand command)
    {
        var definition = new CommandDefinitionBuilder()
            .WithName(command.Name)
            .WithDescription($"{command.Summary}. {command.Details}".TrimEnd());
        foreach (var (name, description, isMandatory, values) in GetSwitches(command))
        {
            definition =
                values.Length == 0
                    ? definition.WithArgument(a =>
                        a.WithName(name).WithDescription(description).IsMandatory(isMandatory).WithSwitch($"--{name}")
                    )
                    : definition.WithArgument(a =>
                        a.WithName(name)
                            .WithDescription(description)
                            .IsMandatory(isMandatory)
                            .WithDefaultValues(values)
                            .WithSwitch($"--{name}")
                    );
        }
        return definition.Build();
    }

    // pbm knows arguments by their switches only, and each switch has a value. So positional arguments and flags have a
    // name and a value here.
    static IEnumerable<(string Name, string Description, bool IsMandatory, string[] Values)> GetSwitches(
        InspectionCommand command
    )
    {
        foreach (var argument in command.Arguments)
            yield return (
                argument.Name.ToLowerInvariant(),
                argument.Description,
                !argument.IsOptional,
                [.. argument.Choices]
            );
        foreach (var option in command.AllOptions)
            yield return (option.Name, option.Description, false, option.Value is null ? ["yes", "no"] : []);
    }
}
