using Microsoft.Extensions.Options;

namespace ConveyorActors.Hosting.Options;

/// <summary>Refuses options of actors where the buffers are in this process, because they would have no effect.</summary>
sealed class EmbeddedOptionsValidator : IValidateOptions<ConveyorOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, ConveyorOptions options)
    {
        string[] errors =
        [
            .. SetOptions
                .Find($"{ConveyorOptions.SectionName}:Actors", options.Actors)
                .Select(set =>
                    $"{set.Key} is {ConveyorOptionsValidator.Describe(set.Value)}, and the buffers of AddConveyor are not actors; leave it out, or use AddConveyorActors."
                ),
        ];
        return errors.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
