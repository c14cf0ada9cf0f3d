namespace ConveyorActors.Buffers.Service;

/// <summary>Validates the target of an operator's hold.</summary>
static class HoldTargetExtensions
{
    /// <summary>Checks a target and the name of the source or stage.</summary>
    /// <exception cref="ArgumentException">The message names the value and the valid values.</exception>
    public static void Validate(this HoldTarget target, string name)
    {
        if (!Enum.IsDefined(target))
            throw new ArgumentOutOfRangeException(
                nameof(target),
                target,
                $"target is {target}; it must be Source or Stage."
            );
        Names.Validate(name);
    }
}
